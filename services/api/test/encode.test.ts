import { EncodeResponse, EncodeResult } from "@trainer/platform";
import { matching } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test } from "vitest";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

const path = "/tokenizers/tok-1/encode";
const jobs = async () => await system.inference.getJobs(["waiting"]);

test("a text is queued for its tokens, which are there once a worker has them", async () => {
  const { status, json } = await system.ask(path, { body: { text: "to be" } });
  const queued = EncodeResponse.parse(json);
  expect([status, queued]).toMatchObject([200, { tokenizer_id: "tok-1", status: "queued", ids: null, bytes: null }]);
  const ids = { tokenizer_id: "tok-1", request_id: queued.request_id };
  const [job] = await jobs();
  expect(job).toMatchObject({
    id: queued.request_id,
    name: "encode",
    data: { ...ids, request: { text: "to be", special_tokens: false } },
  });
  const done = EncodeResult.parse({ status: "completed", ids: [5, 6], tokens: ["to", "Ġbe"], starts: [0, 2] });
  await system.results.encoding("tok-1", queued.request_id).set(done);
  expect((await system.ask(`${path}/${queued.request_id}`)).json).toEqual({ ...done, ...ids });
  for (const other of [`${path}/none`, `/tokenizers/tok-2/encode/${queued.request_id}`])
    expect(await system.ask(other)).toMatchObject({
      status: 404,
      json: { code: "DATA_NOT_FOUND", message: "encode request not found" },
    });
});

test("who wants events gets the tokens as soon as they are there", async () => {
  const answer = await system.open(path, { body: { text: "a" }, headers: { accept: "text/event-stream" } });
  let heard = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    heard += String(chunk);
    const id = /"request_id":"([^"]+)"/.exec(heard)?.[1];
    if (id !== undefined && !heard.includes("event: result"))
      await system.results.encoding("tok-1", id).set(EncodeResult.parse({ status: "completed", ids: [7] }));
  }
  expect(heard).toMatch(/^event: accepted\n[^]*event: result\ndata: .*"ids":\[7\][^]*event: done\n/);
});

test("what cannot be asked is refused before it is queued", async () => {
  const before = (await jobs()).length;
  for (const [body, status, message] of [
    [{}, 400, "text is required"],
    [{ text: 1 }, 400, "text must be a string"],
    [{ text: "x".repeat((1 << 18) + 1) }, 400, matching(/^text must have at most 262144 characters/)],
    [{ text: "a", special_tokens: "yes" }, 400, "special_tokens must be a boolean"],
    [{ text: "a", more: 1 }, 422, matching(/more/)],
  ] as const)
    expect(await system.ask(path, { body })).toMatchObject({ status, json: { code: "INVALID_INPUT", message } });
  expect(await system.ask("/tokenizers/..%2f..%2fetc/encode", { body: { text: "a" } })).toMatchObject({
    status: 404,
    json: { code: "TOKENIZER_NOT_FOUND" },
  });
  expect(await jobs()).toHaveLength(before);
});
