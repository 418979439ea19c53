import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ChatRequest,
  EvaluateRequest,
  GenerateRequest,
  keys,
  ModelId,
  parseJson,
  RunId,
  ScoreRequest,
  TokenizerId,
  TokenizerTrainRequest,
} from "@trainer/platform";
import { openRedis, type Slot } from "@trainer/platform/redis";
import { containing, matching } from "@trainer/testing";
import { listen, startSystem, type System } from "@trainer/testing/system";
import { exportRun, openHome } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import type { Worker } from "../src/start.js";

let system: System;
let worker: Worker;
const RUN = RunId.parse("model");
beforeAll(async () => {
  system = await startSystem();
  worker = await system.startWorker();
  await system.train(RUN, { num_epochs: 3 });
  await system.ended(RUN);
  await vi.waitUntil(() => !existsSync(join(system.root, "models", RUN))); // requests fetch it back
  writeFileSync(join(system.root, "corpus", "text.txt"), "the king hath seen the crown");
});
afterAll(async () => {
  await worker.stop();
  await system[Symbol.asyncDispose]();
});

const Text = z.object({ type: z.literal("text"), sequence: z.int(), text: z.string() });

/** The text of a sequence, from all pieces of the answer but the last. */
const textOf = (heard: readonly unknown[], sequence: number): string =>
  heard
    .slice(0, -1)
    .map((piece) => Text.parse(piece))
    .filter((piece) => piece.sequence === sequence)
    .map(({ text }) => text)
    .join("");

/** Collects the pieces of an answer from now on. */
async function pieces(key: string) {
  const redis = openRedis(system.redisServer.url);
  const heard: unknown[] = [];
  redis.on("message", (_, message) => heard.push(parseJson(message)));
  await redis.subscribe(keys.stream(key));
  return { heard, [Symbol.dispose]: () => redis.disconnect() };
}

/** Result of a request. */
async function answered<T extends { readonly status: string }>(slot: Slot<T>): Promise<T> {
  let value: T | null = null;
  await vi.waitFor(
    async () => {
      value = await slot.get();
      expect(["completed", "failed"]).toContain(value?.status);
    },
    { interval: 20 },
  );
  if (value === null) throw new Error("no value");
  return value;
}

const score = async (id: string, fields: object) => {
  const request = ScoreRequest.parse(fields);
  await system.add("trainer-inference", "score", { run_id: RUN, request_id: id, request });
  return await answered(system.results.score(RUN, id));
};
const generate = async (id: string, fields: object) => {
  const request = GenerateRequest.parse(fields);
  await system.add("trainer-inference", "generate", { run_id: RUN, request_id: id, request });
  return await answered(system.results.generation(RUN, id));
};
const chat = async (id: string, message: string, session: string, fields: object = {}) => {
  const request = ChatRequest.parse({ message, session_id: session, max_new_tokens: 12, ...fields });
  await system.add("trainer-inference", "chat", { run_id: RUN, session_id: session, request_id: id, request });
  return await answered(system.results.chat(RUN, session, id));
};

test("an exported model is asked as a run is, and answers as the run that it was exported of", async () => {
  const home = openHome(system.root);
  const given = { text: "the king hath seen the crown" };
  const { loss } = await score("e0", given); // brings the run back
  await exportRun(RUN, join(home.exports, "mine"), { home });
  const id = ModelId.parse("export~mine");
  const { results } = system;
  const add = (kind: string, fields: object) =>
    system.queues["trainer-inference"].add(kind, { run_id: id, request_id: "e1", ...fields });
  await add("score", { request: ScoreRequest.parse(given) });
  expect(await answered(results.score(id, "e1"))).toMatchObject({ status: "completed", loss });
  const request = { prompt_text: "the", max_new_tokens: 8, seed: 3 };
  await add("generate", { request: GenerateRequest.parse(request) });
  const { outputs } = await generate("e2", request);
  expect(await answered(results.generation(id, "e1"))).toMatchObject({ status: "completed", outputs });
  await add("chat", { session_id: "s", request: ChatRequest.parse({ message: "who", max_new_tokens: 4 }) });
  expect(await answered(results.chat(id, "s", "e1"))).toMatchObject({ status: "completed" });

  const none = ModelId.parse("export~none");
  await add("score", { run_id: none, request_id: "e3", request: ScoreRequest.parse(given) });
  const refused = { status: "failed", message: 'there is no exported model "none"' };
  expect(await answered(results.score(none, "e3"))).toMatchObject(refused);
});

test("a text is scored, given or in a file below the data root, by a run that was cleaned away", async () => {
  const given = await score("s1", { text: "the king hath seen the crown", detail_level: "per_char", top_k: 3 });
  expect(given.status).toBe("completed");
  expect(given.tokens).toHaveLength((given.surprisal?.length ?? 0) + 1);
  expect(given.topk?.every((row) => row.length === 3)).toBe(true);
  expect(given.perplexity).toBeCloseTo(Math.exp(given.loss ?? 0), 6);
  const read = await score("s2", { path: "text.txt" });
  expect(read).toMatchObject({ status: "completed", loss: given.loss, tokens: null, surprisal: null, topk: null });
});

test("of a text of one token there is no figure and the reason is said, and a request's tokens say where they are", async () => {
  expect(await score("one", { text: "a" })).toMatchObject({
    status: "completed",
    loss: null,
    perplexity: null,
    message: matching(/nothing to score/),
  });
  const text = "the king 👑 hath";
  const { tokens, offsets, ...rest } = await score("places", { text, detail_level: "per_char" });
  expect(tokens?.join("")).toBe(text);
  expect(offsets).toHaveLength(tokens?.length ?? 0);
  expect(rest).toMatchObject({ text_restored: false, unknown_characters: 1 });
});

test.each(["../text.txt", "/etc/hostname", "none.txt", "out.txt", "."])(
  "the path %s leads to no text",
  async (path) => {
    const link = join(system.root, "corpus", "out.txt");
    if (!existsSync(link)) symlinkSync("/etc/hostname", link);
    const result = await score(`p-${path.replaceAll("/", "-")}`, { path });
    expect(result).toMatchObject({ status: "failed", loss: null });
    expect(result.message).toMatch(/leads to no file in the corpus folder/);
  },
);

test("text is generated to what was asked, equal for equal seeds, and comes in pieces", async () => {
  using stream = await pieces(keys.generation(RUN, "g1"));
  const asked = { prompt_text: "the ", max_new_tokens: 20, seed: 5, num_return_sequences: 2, stop_on_eos: false };
  const first = await generate("g1", asked);
  expect(first).toMatchObject({
    status: "completed",
    steps: 40,
    steps_per_sequence: [20, 20],
    eos_terminated: [false, false],
  });
  await vi.waitFor(() => expect(stream.heard.at(-1)).toEqual({ type: "done" }));
  expect([0, 1].map((sequence) => textOf(stream.heard, sequence))).toEqual(first.outputs);
  expect((await generate("g2", asked)).outputs).toEqual(first.outputs);
  const stopped = await generate("g3", { ...asked, prompt_text: null, prompt_path: "text.txt", stop_sequences: ["e"] });
  expect(stopped.outputs?.join("")).not.toContain("e");
});

test("a request that is taken again is answered as before, and a turn of a conversation is added once", async () => {
  const again = async (slot: Slot<{ readonly status: string }>, take: () => Promise<unknown>) => {
    const before = await slot.get();
    using stream = await pieces(slot.key);
    await take();
    await vi.waitFor(() => expect(stream.heard).toContainEqual({ type: "done" }));
    expect(await slot.get()).toEqual(before);
  };
  const write = (id: string) => generate(id, { prompt_text: "the ", max_new_tokens: 20, temperature: 1.5 });
  await write("once");
  await again(system.results.generation(RUN, "once"), () => write("once"));

  const say = () => chat("turn", "who?", "repeated");
  const first = await say();
  await again(system.results.chat(RUN, "repeated", "turn"), say);
  expect(await system.sessions.turns(RUN, "repeated")).toEqual([
    { role: "user", content: "who?" },
    { role: "assistant", content: first.response },
  ]);

  // Killed before anything was kept: nothing to look up, and the same answer all the same.
  const { outputs } = await write("lost");
  await system.redis.del(keys.generation(RUN, "lost"));
  expect((await write("lost")).outputs).toEqual(outputs);
});

test("a large answer is kept beside the runs, not in Redis", async () => {
  const text = "the king hath seen the crown ".repeat(2000);
  const result = await score("large", { text, detail_level: "per_char", top_k: 5 });
  expect(result.topk?.length).toBeGreaterThan(1000);
  expect((await system.redis.get(keys.score(RUN, "large")))?.length).toBeLessThan(100);
  expect(readdirSync(join(system.root, "answers"))).toHaveLength(1);
  expect(await system.redis.ttl(keys.score(RUN, "large"))).toBeGreaterThan(600_000);
});

test("concurrent generations give the texts that each gives alone", async () => {
  const request = (i: number) => ({
    prompt_text: "the king hath".slice(0, 3 + i),
    max_new_tokens: 10 + 9 * i,
    temperature: i / 4,
    seed: i,
    stop_sequences: i % 2 === 0 ? ["e"] : [],
  });
  const all = Array.from({ length: 8 }, (_, i) => i);
  const together = await Promise.all(all.map((i) => generate(`together-${i}`, request(i))));
  for (const i of all) expect(await generate(`alone-${i}`, request(i))).toEqual(together[i]);
});

test("a conversation goes on with what was said, each turn after the one before, and is kept for a while", async () => {
  await system.sessions.begin(RUN, "c");
  const replies = await Promise.all([chat("c1", "who?", "c"), chat("c2", "and then?", "c")]);
  expect(replies.map(({ status }) => status)).toEqual(["completed", "completed"]);
  const history = await system.sessions.history(RUN, "c");
  expect(history?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  expect(new Set(history?.messages.map(({ content }) => content))).toEqual(
    new Set(["who?", "and then?", ...replies.map(({ response }) => response)]),
  );
  expect(replies.every(({ response }) => response === response?.trim() && !response?.includes("User:"))).toBe(true);
  expect(await system.redis.ttl(keys.conversationMeta(RUN, "c"))).toBeGreaterThan(3500);
});

test("a run is evaluated on the split that was asked for, or a text of one's own, and tells of it", async () => {
  using events = await listen(system.redisServer.url, RUN);
  const evaluate = async (fields: object) => {
    await system.redis.del(keys.evaluation(RUN));
    await system.add("trainer-inference", "eval", { run_id: RUN, request: EvaluateRequest.parse(fields) });
    return await answered(system.results.evaluation(RUN));
  };
  const validation = await evaluate({});
  const best = (await system.runs.get(RUN))?.training?.best_val_loss;
  expect(validation).toMatchObject({ status: "completed", split: "validation" });
  expect(validation.loss).toBeCloseTo(best ?? 0, 5);
  expect(JSON.parse(readFileSync(validation.artifact ?? "", "utf8"))).toMatchObject({ loss: validation.loss });
  expect((await evaluate({ split: "test" })).loss).not.toBe(validation.loss);
  expect(await evaluate({ path_override: "text.txt" })).toMatchObject({ status: "completed" });
  const chats = [
    { instruction: "the ", output: "the light" },
    { instruction: "a ", output: "star" },
  ];
  writeFileSync(join(system.root, "corpus", "chats.jsonl"), chats.map((each) => JSON.stringify(each)).join("\n"));
  expect(await evaluate({ path_override: "chats.jsonl", format: "alpaca" })).toMatchObject({ status: "completed" });
  expect(await evaluate({ path_override: "text.txt", format: "messages" })).toMatchObject({
    status: "failed",
    message: containing("conversations are records of JSON lines"),
  });
  expect(await evaluate({ path_override: "none.txt" })).toMatchObject({ status: "failed", loss: null, ppl: null });
  await events.until((event) => event.type === "trainer.run.evaluated.v1" && event.split === "test");
});

test("a question to a run that is not there fails with its reason, also to who listens for pieces", async () => {
  const slot = system.results.score("none", "x");
  using stream = await pieces(slot.key);
  const request = ScoreRequest.parse({ text: "a" });
  await system.add("trainer-inference", "score", { run_id: RunId.parse("none"), request_id: "x", request });
  const result = await answered(slot);
  expect(result.message).toContain('no run "none"');
  await vi.waitFor(() => expect(stream.heard).toEqual([{ type: "failed", message: result.message }]));
});

test("the process that answers is started anew when it was killed, and what it was asked is answered all the same", async () => {
  await score("k0", { text: "my lord" });
  const before = worker.children;
  const asked = { prompt_text: "the ", max_new_tokens: 1024, stop_on_eos: false };
  using stream = await pieces(keys.generation(RUN, "k1"));
  const going = generate("k1", asked);
  await vi.waitFor(() => expect(stream.heard.length).toBeGreaterThan(3), { interval: 5 });
  for (const pid of before) process.kill(pid, "SIGKILL");
  const result = await going;
  expect(result.status).toBe("completed");
  await vi.waitFor(() => expect(stream.heard.at(-1)).toEqual({ type: "done" }));
  expect(textOf(stream.heard, 0)).toBe(result.outputs?.[0]);
  expect(worker.children).not.toEqual(before);
});

test("a tokenizer is trained, with what it makes of text that was held back; one that is there is not made again", async () => {
  const train = async (id: string, fields: object) => {
    await system.tokenizers.create(id);
    const request = TokenizerTrainRequest.parse({ corpus_path: "corpus.txt", ...fields });
    await system.add("trainer", "tokenizer", { tokenizer_id: TokenizerId.parse(id), request });
    await vi.waitFor(async () => expect(["completed", "failed"]).toContain((await system.tokenizers.get(id)).status), {
      interval: 20,
    });
    return await system.tokenizers.get(id);
  };
  const nothingLost = { lost_share: 0, unknown_characters: 0, unknown_share: 0, line_breaks: true };
  const trained = await train("tok-1", { vocab_size: 300, holdout_fraction: 0.1 });
  expect(trained).toMatchObject({
    status: "completed",
    stats: { coverage: 1, oov_rate: 0, char_coverage: 1, ...nothingLost },
  });
  const file = join(system.root, "tokenizers", "tok-1", "tokenizer.json");
  const before = readFileSync(file, "utf8");
  expect(await train("tok-1", { vocab_size: 400 })).toEqual(trained);
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(await train("tok-2", { method: "char" })).toMatchObject({ status: "completed" });
  writeFileSync(
    join(system.root, "corpus", "records.txt"),
    Array.from({ length: 60 }, (_, i) => `{"text":"word ${i}"}\n`).join(""),
  );
  const records = { corpus_path: "records.txt", corpus_format: "jsonl", document: "file", method: "char" };
  expect(await train("tok-records", records)).toMatchObject({ status: "completed" });
  expect(readFileSync(join(system.root, "tokenizers", "tok-records", "tokenizer.json"), "utf8")).not.toContain('"{"');
  expect(await train("tok-3", { corpus_path: "../text.txt" })).toMatchObject({ status: "failed", stats: null });
});

test("what stands before a text, and whether it may spell special tokens, is as the request says", async () => {
  const text = "the [EOS]king";
  const asked = { text, detail_level: "per_char" };
  const plain = await score("f1", asked);
  expect(plain.begin_tokens).toEqual([]);
  const framed = await score("f2", { ...asked, bos: "yes", special_tokens: true });
  expect(framed.begin_tokens).toEqual(["[EOS]"]);
  expect(framed.tokens?.length).toBeLessThan(plain.tokens?.length ?? 0);
  const generated = { prompt_text: "the ", max_new_tokens: 2, seed: 1 };
  expect((await generate("f3", generated)).begin_tokens).toEqual([]);
  expect((await generate("f4", { ...generated, bos: "yes" })).begin_tokens).toEqual(["[EOS]"]);
  await system.sessions.begin(RUN, "framed");
  expect((await chat("f5", "who?", "framed", { bos: "yes" })).begin_tokens).toEqual(["[EOS]"]);
  const evaluate = async (fields: object) => {
    await system.redis.del(keys.evaluation(RUN));
    const request = EvaluateRequest.parse({ path_override: "text.txt", ...fields });
    await system.add("trainer-inference", "eval", { run_id: RUN, request });
    return (await answered(system.results.evaluation(RUN))).loss;
  };
  expect(await evaluate({ bos: "yes" })).not.toBe(await evaluate({}));
});

test("a job of no known kind is refused", async () => {
  const jobs = [
    await system.queues.trainer.add("dance", {}),
    await system.queues["trainer-inference"].add("dance", {}),
  ];
  for (const job of jobs) await vi.waitFor(async () => expect(await job.getState()).toBe("failed"));
  expect((await system.queues.trainer.getJob(jobs[0]?.id ?? ""))?.failedReason).toBe('no job is called "dance"');
});

test("a worker that ends leaves no sign in a run that it used it", async () => {
  const folder = join(system.root, "models", RUN);
  const signs = () => readdirSync(folder).filter((name) => name.startsWith(".in-use-"));
  await score("last", { text: "the king" });
  expect(signs()).toHaveLength(1);
  await worker.stop();
  expect(signs()).toEqual([]);
});

test("a question whose process is stopped is answered by another one", async () => {
  const log: string[] = [];
  const pace = { life: 2000 };
  await worker.stop();
  worker = await system.startWorker({ logLevel: "info" }, { pace, log: { write: (line) => log.push(line) } });
  const before = await score("before-stop", { text: "the king" });
  for (const pid of worker.children) process.kill(pid, "SIGSTOP");
  expect(await score("after-stop", { text: "the king" })).toEqual(before);
  expect(log.join("")).toContain("the process that answers questions gave no sign of life any more");
});

/** A score of some half a minute. */
const LONG = { text: "the king hath seen the crown ".repeat(20_000) };

test("a short question is answered beside long ones, which are cancelled when they take too long", async () => {
  await worker.stop();
  worker = await system.startWorker({ answerTimeoutSec: 8 });
  await score("opened", { text: "the king" });
  const long = Promise.all(["long-1", "long-2"].map((id) => score(id, LONG)));
  const short = await Promise.race([generate("beside", { prompt_text: "the ", max_new_tokens: 4 }), long]);
  expect(short).toMatchObject({ status: "completed" });
  const message = matching(/within 8 seconds/);
  expect(await long).toMatchObject([
    { status: "failed", message },
    { status: "failed", message },
  ]);
  expect(await score("after", { text: "the king" })).toMatchObject({ status: "completed" });
});

test("a question whose answer is abandoned, and is not polled for, is cancelled", async () => {
  await worker.stop();
  worker = await system.startWorker({}, { pace: { abandoned: 20 } });
  const slot = system.results.score(RUN, "left");
  await slot.abandon();
  await slot.reclaim();
  expect(await slot.isAbandoned()).toBe(false);
  await slot.abandon();
  expect(await score("left", LONG)).toMatchObject({ status: "failed", message: matching(/^nobody waits/) });
});
