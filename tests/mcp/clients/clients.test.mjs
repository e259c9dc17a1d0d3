// Both JavaScript clients and the inspector against a server of ours: they connect, list, read, propose, and publish nothing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { encode as encodeO200k } from "gpt-tokenizer/encoding/o200k_base";
import { encode as encodeCl100k } from "gpt-tokenizer/encoding/cl100k_base";

const servers = JSON.parse(process.env.SERVERS);
const headers = { Authorization: `Bearer ${process.env.SECRET}` };
const page = Number(process.env.PAGE_KEY);
const block = process.env.BLOCK;
const info = { name: "tests", version: "1" };

const kinds = {
  "client, as it comes": (url) => [new Client(info), new StreamableHTTPClientTransport(url, { requestInit: { headers } })],
  "client, auto": (url) => [
    new Client(info, { versionNegotiation: { mode: "auto" } }),
    new StreamableHTTPClientTransport(url, { requestInit: { headers } }),
  ],
  "client, auto, answering by itself": (url) => {
    const client = new Client(info, {
      versionNegotiation: { mode: "auto" },
      capabilities: { elicitation: { form: {}, url: {} } },
    });
    client.setRequestHandler("elicitation/create", async () => ({ action: "accept", content: { approved: true } }));
    return [client, new StreamableHTTPClientTransport(url, { requestInit: { headers } })];
  },
  "sdk": (url) => [new OldClient(info), new OldTransport(url, { requestInit: { headers } })],
};

const text = (result) => result.content[0].text;

for (const [server, address] of Object.entries(servers)) {
  for (const [kind, make] of Object.entries(kinds)) {
    test(`${kind} over ${server}`, async () => {
      const [client, transport] = make(new URL(`${address}/mcp/`));
      await client.connect(transport);
      const { tools } = await client.listTools();
      assert.equal(tools[0].name, "find_content");
      assert.ok(tools.every((tool) => tool.annotations.destructiveHint === false));
      const found = await client.callTool({ name: "find_content", arguments: { query: "Rye" } });
      assert.ok(JSON.parse(text(found)).pages.some((row) => row.page === page));
      const read = await client.callTool({ name: "read_page", arguments: { page } });
      assert.equal(JSON.parse(text(read)).version, 1);
      const { resources } = await client.listResources();
      assert.ok(resources.some((item) => item.uri === `cms://pages/${page}`));
      const { contents } = await client.readResource({ uri: `cms://pages/${page}` });
      assert.ok(contents[0].text.startsWith("# Rye"));
      const operations = [{ op: "update", id: block, props: { text: kind } }];
      const proposed = await client.callTool({ name: "propose", arguments: { page, base_version: 1, operations } });
      assert.ok(JSON.parse(text(proposed)).proposal, text(proposed));
      const wrong = await client.callTool({ name: "propose", arguments: { page, base_version: 7, operations } });
      assert.equal(wrong.isError, true);
      assert.match(text(wrong), /has not reached/);
      const published = await client.callTool({ name: "request_publish", arguments: { page, base_version: 1 } });
      assert.equal(published.isError, true);
      assert.match(text(published), /Nothing was done/);
      await client.close();
    });
  }

  test(`the inspector over ${server}`, () => {
    const inspector = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js";
    const run = (...rest) => {
      const target = ["--cli", `${address}/mcp/`, "--transport", "http", "--header", `Authorization: ${headers.Authorization}`];
      const options = { encoding: "utf8", timeout: 60_000, env: { ...process.env, MCP_CATALOG_PATH: "catalog.json" } };
      const done = spawnSync(process.execPath, [inspector, ...target, ...rest], options);
      assert.ok(done.stdout.startsWith("{"), `${done.stdout}\n${done.stderr}`);
      return JSON.parse(done.stdout);
    };
    assert.equal(run("--method", "tools/list").tools[0].name, "find_content");
    const read = run("--method", "tools/call", "--tool-name", "read_page", "--tool-arg", `page=${page}`);
    assert.equal(JSON.parse(text(read)).title, "Rye");
    const published = run(
      ...["--method", "tools/call", "--tool-name", "request_publish"],
      ...["--tool-arg", `page=${page}`, "--tool-arg", "base_version=1"],
    );
    assert.equal(published.isError, true);
  });
}

test("the list of tools costs at most 2,500 tokens", () => {
  const list = process.env.TOOLS;
  const counted = { o200k: encodeO200k(list).length, cl100k: encodeCl100k(list).length, characters: list.length };
  console.log(JSON.stringify(counted));
  assert.ok(counted.o200k <= 2_500);
  assert.ok(counted.cl100k <= 2_500);
});
