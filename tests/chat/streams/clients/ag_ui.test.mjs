// What an agent of AG-UI's client makes of our streams.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { buildResumeArray, HttpAgent } from "@ag-ui/client";
import { address, stitching } from "./stitch.mjs";

const MESSAGE = "6f1c2a9e-0000-4000-8000-00000000000a";
const at = (log, options) => address("ag-ui", log, options);
const isEnd = (event) => event.includes('"RUN_FINISHED"') || event.includes('"RUN_ERROR"');
const QUESTION = { id: "u1", role: "user", content: "Where is the bread?" };

// What the client leaves out or repairs it says as a warning; and a failed run as an error of the console.
const warnings = [];
console.warn = (...said) => warnings.push(said.join(" "));
console.error = () => {};

function agentOf(url, options = {}) {
  const agent = new HttpAgent({ url, threadId: "thread-1", initialMessages: [QUESTION], ...options });
  const seen = { ends: [], errors: [], failed: [], custom: [] };
  agent.subscribe({
    onRunFinishedEvent: ({ outcome, result, interrupts, event }) => void seen.ends.push({ outcome, result, interrupts, event }),
    onRunErrorEvent: ({ event }) => void seen.errors.push(event),
    onRunFailed: ({ error }) => void seen.failed.push(error),
    onCustomEvent: ({ event }) => void seen.custom.push(event),
  });
  return { agent, seen };
}

async function ask(url, options) {
  const found = agentOf(url, options);
  await found.agent.runAgent({ runId: "run-1" });
  return { ...found, said: found.agent.messages.slice(1) };
}

const whole = (await ask(at("full"))).said;

test("a whole answer: its texts, its call, its result, its cost", async () => {
  const { said, seen } = await ask(at("full"));
  assert.deepEqual(
    said.map(({ role, content, id }) => [role, content, id]),
    [
      ["assistant", "Let me look. 🥖", MESSAGE],
      ["tool", '[{"page": 7, "title": "Bread"}]', "c1-result"],
      ["assistant", "Bread is on page 7.\r\nAnd ", `${MESSAGE}.1`],
      ["assistant", "It is on page 7 [1].", `${MESSAGE}.2`],
    ],
  );
  assert.equal(said[0].name, "Baker");
  assert.deepEqual(JSON.parse(said[0].toolCalls[0].function.arguments), { words: "bread", after: null });
  // The protocol has no word for what a model takes back: we say which of its messages.
  assert.deepEqual(seen.custom.find(({ name }) => name === "restarted").value, { messageIds: [`${MESSAGE}.1`] });
  assert.equal(seen.custom.find(({ name }) => name === "citation").value.id, "p7");
  assert.equal(seen.ends.length, 1);
  assert.equal(seen.ends[0].outcome, "success");
  assert.deepEqual(seen.ends[0].event.usage, [{ inputTokens: 120, outputTokens: 14, model: "local" }]);
  assert.deepEqual([seen.errors, seen.failed, warnings], [[], [], []]);
});

for (const size of [1, 2, 3, 7, 64])
  test(`in pieces of ${size} bytes`, async () => assert.deepEqual((await ask(at("full", { size }))).said, whole));

test("line ends, marks and emoji stay what they are, also cut in two", async () => {
  for (const size of [1, 5]) assert.equal((await ask(at("lines", { size }))).said[0].content, "a\r\nb\rc\nd\u2028e\ufefff 🥖🧑‍🍳");
});

test("a producer that dies, and an error: said by an event, and the text stays", async () => {
  for (const [log, code] of Object.entries({ dead: "ai_interrupted", interrupted: "ai_interrupted", failed: "ai_busy" })) {
    const { said, seen } = await ask(at(log));
    assert.equal(said[0].content, "Half a ");
    assert.deepEqual([seen.errors.length, seen.errors[0].code, seen.ends.length, seen.failed.length], [1, code, 0, 0]);
    assert.match(seen.errors[0].message, /\.$/);
  }
});

test("a refusal before the stream", async () => {
  await assert.rejects(ask(at("refused")), /402/);
});

test("stopped by the server", async () => {
  const { seen, said } = await ask(at("stopped"));
  assert.deepEqual([seen.ends[0].outcome, said[0].content], ["cancelled", "Half a "]);
});

test("answers that end early or are empty are a success", async () => {
  for (const log of ["cut-short", "odd-reason", "empty"]) assert.equal((await ask(at(log))).seen.ends[0].outcome, "success");
});

test("several answers are messages of one run, with the names of who gave them", async () => {
  const { said } = await ask(at("two"));
  assert.deepEqual(
    said.map(({ id, name, content }) => [id, name, content]),
    [
      ["m1", "Baker", "Rye."],
      ["m2", "Miller", "Wheat."],
    ],
  );
});

test("a message that steers stands where it was read", async () => {
  const { said } = await ask(at("steered"));
  assert.deepEqual(
    said.map(({ role, content }) => [role, content]),
    [
      ["assistant", "One"],
      ["user", "In French, please."],
      ["assistant", "Un"],
    ],
  );
});

test("arguments that are no JSON", async () => {
  const { said } = await ask(at("broken-arguments"));
  assert.equal(said[0].toolCalls[0].function.arguments, '{"words": ');
  assert.deepEqual([said[1].content, said[1].metadata], ["No JSON.", { ok: false }]);
});

test("cut after each frame and taken up by Last-Event-ID: the same messages", async () => {
  for (let frames = 0; frames < 30; frames++)
    for (const reset of frames % 5 ? [""] : ["", "1"]) {
      const { fetcher } = stitching(at("full", { frames, reset }), () => at("full"), isEnd);
      const { said, seen } = await ask("unused:", { fetch: fetcher });
      assert.deepEqual(said, whole, `after ${frames}`);
      assert.equal(seen.ends.length, 1);
    }
});

test("cut after every two frames", async () => {
  const { fetcher, requests } = stitching(at("full", { frames: 2 }), (n) => at("full", n < 40 ? { frames: 2 } : {}), isEnd);
  assert.deepEqual((await ask("unused:", { fetch: fetcher })).said, whole);
  assert.ok(requests() > 10);
});

for (const approved of [true, false])
  test(`an interrupt that is answered with ${approved ? "yes" : "no"}`, async () => {
    const { agent, seen } = await ask(at("approval"), { threadId: `thread-${approved}` });
    const [interrupt] = agent.pendingInterrupts;
    assert.deepEqual([interrupt.toolCallId, interrupt.message], ["c1", "It becomes public."]);
    await assert.rejects(agent.runAgent({ runId: "run-2" }), /pending interrupt/);
    // The time of the request has passed on this clock: what counts is the server's.
    agent.pendingInterrupts = [{ ...interrupt, expiresAt: "2199-01-01T00:00:00Z" }];
    const answers = { [interrupt.id]: { status: "resolved", payload: { approved } } };
    await agent.runAgent({ runId: "run-2", resume: buildResumeArray(agent.pendingInterrupts, answers) });
    assert.equal(seen.ends[1].outcome, "success");
    assert.deepEqual(agent.pendingInterrupts, []);
    const result = agent.messages.find(({ role }) => role === "tool");
    assert.equal(result.metadata?.denied, approved ? undefined : true);
    assert.equal(agent.messages.at(-1).content, approved ? "It is public." : "All right.");
    assert.equal(agent.messages.filter(({ content }) => content === "I would publish it.").length, 1);
  });

test("a person who turns away instead has refused", async () => {
  const { agent } = await ask(at("approval"), { threadId: "thread-away" });
  const [interrupt] = agent.pendingInterrupts;
  await agent.runAgent({ runId: "run-2", resume: [{ interruptId: interrupt.id, status: "cancelled" }] });
  assert.equal(agent.messages.at(-1).content, "All right.");
});

test("a page that was loaded again asks without an answer, and is told of the same interrupt", async () => {
  await ask(at("approval"), { threadId: "thread-again" });
  const { agent, said } = await ask(at("approval"), { threadId: "thread-again" });
  assert.deepEqual(
    agent.pendingInterrupts.map(({ id }) => id),
    ["ap1"],
  );
  assert.deepEqual(said, []);
});

test("streams of logs that nobody thought of: all events are taken as they are", async () => {
  for (const { log, "ag-ui": events } of JSON.parse(readFileSync("logs.json", "utf-8"))) {
    warnings.length = 0;
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
    const fetcher = async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
    const { seen } = await ask("unused:", { fetch: fetcher });
    assert.deepEqual([seen.failed, warnings], [[], []], JSON.stringify(log));
    assert.equal(seen.ends.length + seen.errors.length, 1);
  }
});
