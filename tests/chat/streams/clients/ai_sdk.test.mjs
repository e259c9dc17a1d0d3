// What a Chat of the AI SDK makes of our streams.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Chat } from "@ai-sdk/react";
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  readUIMessageStream,
  safeValidateUIMessages,
  uiMessageChunkSchema,
} from "ai";
import { address, stitching } from "./stitch.mjs";

const MESSAGE = "6f1c2a9e-0000-4000-8000-00000000000a";
const at = (log, options) => address("ai-sdk", log, options);
const isEnd = (event) => event.includes("[DONE]");

function chatOf(api, options = {}) {
  const ends = [];
  const { transport = {}, ...rest } = options;
  const chat = new Chat({
    id: options.id ?? "thread-1",
    transport: new DefaultChatTransport({ api, ...transport }),
    onFinish: (end) => ends.push(end),
    ...rest,
  });
  return { chat, ends };
}

async function ask(api, options) {
  const found = chatOf(api, options);
  await found.chat.sendMessage({ text: "Where is the bread?" });
  return { ...found, answer: found.chat.messages.at(-1) };
}

const textOf = (message) => message.parts.filter((part) => part.type === "text").map((part) => part.text);
const stateOf = (message) => message.parts.filter((part) => "state" in part).map((part) => part.state);
const whole = (await ask(at("full"))).answer;

test("a whole answer: its text, its call, its source, its cost", async () => {
  const { chat, ends, answer } = await ask(at("full"));
  assert.equal(chat.status, "ready");
  assert.equal(chat.error, undefined);
  assert.equal(chat.messages.length, 2);
  assert.equal(answer.id, MESSAGE);
  // What the model took back is gone.
  assert.deepEqual(textOf(answer), ["Let me look. 🥖", "It is on page 7 [1]."]);
  assert.deepEqual(stateOf(answer), ["done", "output-available", "done"]);
  const call = answer.parts.find((part) => part.type === "dynamic-tool");
  assert.equal(call.toolName, "find_pages");
  assert.deepEqual(call.input, { words: "bread", after: null });
  assert.deepEqual(call.output, [{ page: 7, title: "Bread" }]);
  assert.equal(answer.parts.find((part) => part.type === "data-citation").data.block, "h7");
  assert.equal(answer.metadata.run, "r1");
  assert.equal(answer.metadata.usage.credits, "0.002");
  assert.deepEqual([ends.length, ends[0].isError, ends[0].finishReason], [1, false, "stop"]);
  assert.equal((await safeValidateUIMessages({ messages: chat.messages })).success, true);
});

for (const size of [1, 2, 3, 7, 64])
  test(`in pieces of ${size} bytes`, async () => assert.deepEqual((await ask(at("full", { size }))).answer, whole));

test("line ends, marks and emoji stay what they are, also cut in two", async () => {
  for (const size of [1, 5]) {
    const { answer } = await ask(at("lines", { size }));
    assert.deepEqual(textOf(answer), ["a\r\nb\rc\nd\u2028e\ufefff 🥖🧑‍🍳"]);
  }
});

test("a producer that dies is an error, and the text stays", async () => {
  for (const log of ["dead", "interrupted"]) {
    const { chat, ends, answer } = await ask(at(log));
    assert.equal(chat.status, "error");
    assert.match(chat.error.message, /interrupted\.$/);
    assert.equal(ends[0].isError, true);
    assert.deepEqual([textOf(answer), stateOf(answer)], [["Half a "], ["done"]]);
    assert.equal(answer.metadata.outcome, log === "dead" ? "error" : "interrupted");
  }
});

test("an error: a sentence for people; no call is left open", async () => {
  const { chat, answer } = await ask(at("failed"));
  assert.equal(chat.error.message, "The AI service is busy. Try again in a moment.");
  assert.equal(answer.metadata.code, "ai_busy");
  assert.deepEqual(stateOf(answer), ["done", "output-error"]);
});

test("a refusal before the stream: its plain text is what people see", async () => {
  const { chat } = await ask(at("refused"));
  assert.equal(chat.status, "error");
  assert.equal(chat.error.message, "There are no AI credits left for this.");
});

test("stopped by the server: not taken for complete, and nothing is sent by itself", async () => {
  const { chat, ends, answer } = await ask(at("stopped"), { sendAutomaticallyWhen: () => assert.fail("sent") });
  assert.equal(chat.status, "ready");
  assert.equal(ends[0].finishReason, "interrupted");
  assert.deepEqual([answer.metadata.outcome, stateOf(answer)], ["cancelled", ["done"]]);
});

test("finish reasons", async () => {
  for (const [log, reason] of Object.entries({ "cut-short": "length", "odd-reason": "other", empty: "stop" })) {
    const { chat, ends } = await ask(at(log));
    assert.deepEqual([chat.status, ends[0].finishReason], ["ready", reason]);
  }
});

test("several answers are steps of one message", async () => {
  const { chat, answer } = await ask(at("two"));
  assert.equal(chat.messages.length, 2);
  assert.deepEqual(textOf(answer), ["Rye.", "Wheat."]);
  assert.deepEqual(answer.parts.filter((part) => part.type === "step-start").length, 2);
});

test("a message that steers stands where it was read", async () => {
  const { answer } = await ask(at("steered"));
  assert.deepEqual(
    answer.parts.map((part) => part.type),
    ["step-start", "text", "steering-message", "step-start", "text"],
  );
});

test("arguments that are no JSON", async () => {
  const { chat, answer } = await ask(at("broken-arguments"));
  assert.equal(chat.status, "ready");
  assert.deepEqual(stateOf(answer), ["output-error", "done"]);
});

test("cut after each frame and taken up by Last-Event-ID: the same message", async () => {
  for (let frames = 0; frames < 30; frames++)
    for (const reset of frames % 5 ? [""] : ["", "1"]) {
      const { fetcher, requests } = stitching(at("full", { frames, reset }), () => at("full"), isEnd);
      const { answer, chat } = await ask("unused:", { transport: { fetch: fetcher } });
      assert.equal(chat.status, "ready");
      assert.deepEqual(answer, whole, `after ${frames}`);
      assert.ok(requests() <= 2);
    }
});

test("cut after every two frames", async () => {
  const { fetcher, requests } = stitching(at("full", { frames: 2 }), (n) => at("full", n < 40 ? { frames: 2 } : {}), isEnd);
  const { answer } = await ask("unused:", { transport: { fetch: fetcher } });
  assert.deepEqual(answer, whole);
  assert.ok(requests() > 10);
});

test("loaded again in the middle: the whole stream takes the place of what there was", async () => {
  const half = structuredClone(whole);
  half.parts = half.parts.slice(0, 2);
  for (const messages of [[], [half]]) {
    const question = { id: "u1", role: "user", parts: [{ type: "text", text: "Where is the bread?" }] };
    const { chat } = chatOf("unused:", {
      messages: [question, ...messages],
      transport: { prepareReconnectToStreamRequest: () => ({ api: at("full") }) },
    });
    await chat.resumeStream();
    assert.equal(chat.messages.length, 2);
    assert.deepEqual(chat.messages[1], whole);
  }
});

test("a reset connection, then resumed by number: the same message", async () => {
  let calls = 0;
  const { chat } = chatOf("unused:", {
    transport: {
      resumeStreamIsReplay: false,
      fetch: async (_url, init) => {
        if (calls++) return fetch(at("full", { after: "5" }), init);
        const response = await fetch(at("full", { frames: 6 }), init);
        const reader = response.body.getReader();
        const body = new ReadableStream({
          async pull(controller) {
            const { done, value } = await reader.read();
            if (done) controller.error(new TypeError("network error"));
            else controller.enqueue(value);
          },
        });
        return new Response(body, response);
      },
    },
  });
  await chat.sendMessage({ text: "Where is the bread?" });
  assert.equal(chat.status, "error");
  assert.equal(textOf(chat.messages.at(-1))[0], "Let me look. 🥖");
  await chat.resumeStream();
  assert.equal(chat.status, "ready");
  assert.deepEqual(chat.messages.at(-1), whole);
});

test("nothing to resume", async () => {
  const { chat } = chatOf("unused:", { transport: { prepareReconnectToStreamRequest: () => ({ api: at("nothing") }) } });
  await chat.resumeStream();
  assert.equal(chat.status, "ready");
});

test("stopped by the person: the connection alone ends, and the rest can be had", async () => {
  const { chat } = chatOf("unused:", {
    transport: {
      fetch: async (_url, init) => {
        const response = await fetch(at("full", { frames: 6 }), init);
        const reader = response.body.getReader();
        const first = await reader.read();
        return new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(first.value);
              init.signal.addEventListener("abort", () => controller.error(init.signal.reason));
            },
          }),
          response,
        );
      },
      prepareReconnectToStreamRequest: () => ({ api: at("full") }),
    },
  });
  const sent = chat.sendMessage({ text: "Where is the bread?" });
  while (chat.status !== "streaming") await new Promise((resolve) => setTimeout(resolve, 5));
  await chat.stop();
  await sent;
  assert.equal(chat.status, "ready");
  chat.transport.fetch = undefined;
  await chat.resumeStream();
  assert.deepEqual(chat.messages.at(-1), whole);
});

for (const approved of [true, false])
  test(`a person is asked and says ${approved ? "yes" : "no"}: one message, from two streams`, async () => {
    const { chat, ends } = await ask(at("approval"), {
      id: `thread-${approved}`,
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    });
    const asked = chat.messages.at(-1).parts.find((part) => part.type === "dynamic-tool");
    assert.equal(asked.state, "approval-requested");
    assert.equal(asked.approval.requestReason, "It becomes public.");
    assert.equal(ends[0].finishReason, "tool-calls");
    await chat.addToolApprovalResponse({ id: asked.approval.id, approved });
    while (ends.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(chat.status, "ready");
    assert.equal(chat.messages.length, 2);
    const answer = chat.messages.at(-1);
    const call = answer.parts.find((part) => part.type === "dynamic-tool");
    assert.equal(call.state, approved ? "output-available" : "output-denied");
    assert.deepEqual(textOf(answer), ["I would publish it.", approved ? "It is public." : "All right."]);
    // No third request: what was answered is not sent again.
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(ends.length, 2);
  });

test("streams of logs that nobody thought of: each part is of the schema, and all are read", async () => {
  const schema = await uiMessageChunkSchema();
  for (const { log, "ai-sdk": parts } of JSON.parse(readFileSync("logs.json", "utf-8"))) {
    for (const part of parts) {
      const { success, error } = await schema.validate(part);
      assert.ok(success, `${JSON.stringify(part)}: ${error}`);
    }
    const ends = parts.filter((part) => part.type !== "error");
    let message;
    const stream = ReadableStream.from(ends);
    const errors = [];
    const read = readUIMessageStream({ stream, terminateOnError: true, onError: (error) => errors.push(error) });
    for await (const next of read) message = next;
    assert.deepEqual(errors, [], JSON.stringify(log));
    assert.deepEqual(
      (message?.parts ?? []).filter((part) => part.state === "streaming" || part.state === "input-streaming"),
      [],
      JSON.stringify(log),
    );
  }
});
