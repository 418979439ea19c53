import { EncodeRequest, TokenizerId } from "@trainer/platform";
import { containing, matching } from "@trainer/testing";
import { startSystem, TOKENIZER, type System } from "@trainer/testing/system";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Worker } from "../src/start.js";
import { queueTokenizer, tokenizerIs } from "./scripted.js";

let system: System;
let worker: Worker;
beforeAll(async () => {
  system = await startSystem();
  worker = await system.startWorker();
  await queueTokenizer(system, "tok-bpe", { method: "bpe", vocab_size: 300 });
  await tokenizerIs(system, "tok-bpe", "completed");
});
afterAll(async () => {
  await worker.stop();
  await system[Symbol.asyncDispose]();
});

let asked = 0;
async function encode(tokenizer: string, fields: object) {
  const ids = { tokenizer_id: TokenizerId.parse(tokenizer), request_id: `q${(asked += 1)}` };
  await system.add("trainer-inference", "encode", { ...ids, request: EncodeRequest.parse(fields) });
  const slot = system.results.encoding(ids.tokenizer_id, ids.request_id);
  return await vi.waitFor(
    async () => {
      const result = await slot.get();
      if (result?.status !== "completed" && result?.status !== "failed") throw new Error("not yet");
      return result;
    },
    { interval: 20 },
  );
}

test("each token of a text says where it is, in code units and in bytes, also tokens of parts of a character", async () => {
  const text = "the king é 👑";
  const { starts, ends, byte_starts, byte_ends, ...rest } = await encode("tok-bpe", { text });
  const utf8 = Buffer.from(text);
  const parts = starts?.map((start, i) => text.slice(start, ends?.[i]));
  expect(parts?.slice(-4)).toEqual(["👑", "👑", "👑", "👑"]);
  expect(byte_starts?.map((start, i) => utf8.subarray(start, byte_ends?.[i]).toString())).toEqual(parts);
  expect(rest).toMatchObject({ status: "completed", bytes: 16, characters: 12, unknown_tokens: 0 });
  expect(rest.token_count).toBe(rest.ids?.length);
  expect(rest.tokens).toHaveLength(rest.ids?.length ?? 0);
  expect(rest.bytes_per_token).toBe(16 / (rest.token_count ?? 0));
});

test("what a tokenizer does not know is counted, a lone surrogate among it", async () => {
  const result = await encode(TOKENIZER, { text: "the 👑👑\ud800" });
  expect(result).toMatchObject({ starts: [0, 1, 2, 3, 4, 6, 8], ends: [1, 2, 3, 4, 6, 8, 9] });
  expect(result).toMatchObject({ byte_ends: [1, 2, 3, 4, 8, 12, 15], bytes: 15, characters: 7 });
  expect(result).toMatchObject({ token_count: 7, unknown_tokens: 3, unknown_characters: 3 });
});

test("a text of nothing has no tokens, and one of the greatest length has them all", async () => {
  expect(await encode("tok-bpe", { text: "" })).toMatchObject({
    status: "completed",
    ids: [],
    starts: [],
    bytes: 0,
    token_count: 0,
    bytes_per_token: null,
  });
  const large = await encode(TOKENIZER, { text: "e".repeat(1 << 18) });
  expect(large.ids).toHaveLength(1 << 18);
  expect(large.byte_ends?.at(-1)).toBe(1 << 18);
});

test("special tokens that a text spells are text, unless they are to be let through", async () => {
  const text = "the[EOS]";
  const plain = await encode("tok-bpe", { text });
  const special = await encode("tok-bpe", { text, special_tokens: true });
  expect(plain.tokens).not.toContain("[EOS]");
  expect(special.tokens?.at(-1)).toBe("[EOS]");
});

test("without such a tokenizer the reason is said; a job that cannot be read says it too", async () => {
  expect(await encode("none", { text: "a" })).toMatchObject({
    status: "failed",
    message: 'there is no tokenizer "none"',
    ids: null,
  });
  const queued = async (data: object) => {
    const job = await system.queues["trainer-inference"].add("encode", data);
    await vi.waitFor(async () => expect(await job.getState()).toBe("failed"), { interval: 20 });
    return (await system.queues["trainer-inference"].getJob(String(job.id)))?.failedReason;
  };
  const of = { tokenizer_id: "tok-bpe", request_id: "long" };
  await queued({ ...of, request: { text: "x".repeat((1 << 18) + 1) } });
  const slot = system.results.encoding("tok-bpe", "long");
  expect(await slot.get()).toMatchObject({ status: "failed", message: containing("text must have at most 262144") });
  for (const names of [{}, { tokenizer_id: "../x", request_id: "q" }, { tokenizer_id: "tok-bpe" }])
    expect(await queued(names)).toEqual(matching(/^the job cannot be read: /));
});
