import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DataBankClient } from "@trainer/client/data-bank";
import {
  ChatRequest,
  CompletionRequest,
  EncodeRequest,
  EvaluateRequest,
  GenerateRequest,
  GenerateResult,
  OpenAiResult,
  RunId,
  ScoreRequest,
  ScoreResult,
  TokenizeRequest,
  TokenizerId,
  TokenizerTrainRequest,
  type NewEnd,
  type TrainSettings,
} from "@trainer/platform";
import { asSha256, containing, matching } from "@trainer/testing";
import { request, startSystem, USER, type System } from "@trainer/testing/system";
import { loadTokenizer } from "@trainer/tokenizers";
import { readManifest } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { FromChild, Question } from "../src/child/messages.js";
import { startChild } from "./child.js";

let system: System;
let files: DataBankClient;
let corpusId: string;
beforeAll(async () => {
  system = await startSystem();
  files = new DataBankClient({ url: system.bank.url, apiKey: "key" });
  corpusId = (await files.upload(join(system.root, "corpus", "corpus.txt"), "text/plain")).file_id;
});
afterAll(() => system[Symbol.asyncDispose]());

const folder = (runId: string) => join(system.root, "models", runId);
const archived = (runId: string) => readManifest(join(system.root, "archived", `${runId}.json`));

/** A child that trains. */
function training(
  runId: string,
  { fence = 1, end, ...fields }: { fence?: number; end?: NewEnd } & Partial<TrainSettings> = {},
  input = {},
) {
  const child = startChild({ ...system.input, ...input });
  child.say({
    type: "train",
    runId: RunId.parse(runId),
    userId: String(USER),
    request: request(fields),
    fence,
    lastReported: null,
    ...(end && { end }),
  });
  return child;
}

const updatesIn = (heard: readonly FromChild[]) =>
  heard.flatMap((message) => (message.type === "update" ? [message.update] : []));

test("a child that is asked for it says what it computes with, once it is ready", async () => {
  const child = startChild(system.input, { tellEngine: true });
  expect((await child.until("engine")).engine).toMatchObject({ threads: 1 });
  expect(child.heard.map(({ type }) => type)).toEqual(["ready", "engine"]);
});

test("a run whose files stay is trained on to a new end, once for a request; one of which nothing is here is not", async () => {
  const kept = { keep_files: true, max_steps: 4 };
  await training("kept", kept).toEnd();
  const steps = async () => (await readManifest(join(folder("kept"), "manifest.json")))?.steps;
  expect(await steps()).toBe(4);
  const end = { max_steps: 6, num_epochs: null, seconds: null, id: "first", completed: true };
  const stepsIn = (heard: readonly FromChild[]) => updatesIn(heard).filter(({ kind }) => kind === "step");
  expect(stepsIn(await training("kept", { ...kept, end }).toEnd()).length).toBeGreaterThan(0);
  expect(await steps()).toBe(6);
  expect(stepsIn(await training("kept", { ...kept, end: { ...end, max_steps: 9 } }).toEnd())).toEqual([]); // the same request
  expect(await steps()).toBe(6);
  const nowhere = training("nowhere", { end });
  await nowhere.over;
  expect(nowhere.heard.at(-1)).toMatchObject({
    type: "failed",
    failure: { code: "INVALID_INPUT", message: containing("nothing of it is in this worker's home") },
  });
});

test("a training waits between its stages for its parent, and tells how far it is in between", async () => {
  const child = training("stages");
  await child.until("trained");
  expect(child.parents).toEqual([4711]);
  expect(child.heard[0]).toEqual({ type: "ready" });
  expect(existsSync(folder("stages"))).toBe(true);
  child.say({ type: "send" });
  const { fileId, trained: result } = await child.until("sent");
  expect(existsSync(folder("stages"))).toBe(true);
  child.say({ type: "clean" });
  await child.until("done");
  expect(existsSync(folder("stages"))).toBe(false);
  const manifest = await archived("stages");
  expect(manifest).toMatchObject({ artifact_file_id: fileId, test_loss: result.testLoss, loss: result.trainLoss });
  expect((await files.head(asSha256(fileId))).size).toBeGreaterThan(0);

  const logged = child.heard.flatMap((message) => (message.type === "log" ? [message] : []));
  expect(logged.every(({ fields }) => fields["run_id"] === "stages")).toBe(true);
  const levels = logged.map(({ level, fields }) => `${level} ${fields["event"]}`);
  for (const each of ["info run_config", "debug run_step", "info run_completed"]) expect(levels).toContain(each);

  const told = updatesIn(child.heard);
  const kinds = told.map(({ kind }) => kind);
  expect(kinds[0]).toBe("config");
  expect(kinds.filter((kind) => kind === "validation")).toHaveLength(2);
  const borders = told.flatMap((each) => (each.kind === "step" && each.border ? [each.training] : []));
  expect(borders.map(({ epoch, step, total_steps }) => [epoch, step === total_steps])).toEqual([
    [0, false],
    [1, true],
  ]);
});

test("a run that an earlier process brought to its end is only sent off, and says how far it had come", async () => {
  const first = training("ended");
  await first.until("trained");
  const second = training("ended", { fence: 2 });
  await second.until("trained");
  expect(updatesIn(second.heard)).toEqual([]);
  second.say({ type: "clean" }); // kept until it is due
  second.say({ type: "send" });
  await second.until("done");
  const { trained: result } = await second.until("sent");
  expect(result.progress).toMatchObject({ epoch: 1, total_epochs: 2, test_loss: result.testLoss });
  // Without its folder too, its kept manifest gives the same.
  const third = training("ended", { fence: 3 });
  await third.until("trained");
  third.say({ type: "send" });
  const again = await third.until("sent");
  expect(again.trained).toMatchObject({ testLoss: result.testLoss, trainLoss: result.trainLoss });
  expect(again.fileId).toBe((await archived("ended"))?.artifact_file_id);
});

test("one that is told to stop saves and says so; what is gone on with is not told again", async () => {
  const long = { num_epochs: 400, early_stopping_patience: 400 };
  const child = training("stopped", long);
  await vi.waitUntil(() => updatesIn(child.heard).length > 4);
  child.say({ type: "stop" });
  await child.until("stopped");
  const steps = (await readManifest(join(folder("stopped"), "manifest.json")))?.steps ?? 0;
  expect(steps).toBeGreaterThan(0);
  const lastReported =
    updatesIn(child.heard)
      .flatMap((each) => (each.kind === "step" ? [each.training] : []))
      .at(-1) ?? null;
  const next = startChild(system.input);
  next.say({
    type: "train",
    runId: RunId.parse("stopped"),
    userId: String(USER),
    request: request(long),
    fence: 2,
    lastReported,
  });
  await vi.waitUntil(() => updatesIn(next.heard).some(({ kind }) => kind === "validation"));
  next.say({ type: "stop" });
  await next.until("stopped");
  const again = updatesIn(next.heard).flatMap((each) => (each.kind === "step" ? [each.training.step] : []));
  expect(Math.min(...again)).toBeGreaterThan(lastReported?.step ?? 0);
});

test("one that is told to stop before it has begun does not begin", async () => {
  const child = startChild(system.input);
  child.say({ type: "stop" });
  child.say({
    type: "train",
    runId: RunId.parse("never"),
    userId: "0",
    request: request(),
    fence: 1,
    lastReported: null,
  });
  await child.until("stopped");
  expect(existsSync(join(folder("never"), "model.safetensors"))).toBe(false);
});

test("it waits while another process has the run's folder, and goes on when that lets go", async () => {
  const first = training("held", { num_epochs: 400, early_stopping_patience: 400 });
  await vi.waitUntil(() => updatesIn(first.heard).length > 2);
  const second = training("held", { fence: 2, num_epochs: 400, early_stopping_patience: 400 });
  await setTimeout(300); // by then it has found the folder held
  first.say({ type: "stop" });
  await first.until("stopped");
  await vi.waitUntil(() => updatesIn(second.heard).length > 2);
  second.say({ type: "stop" });
  await second.until("stopped");
  const steps = updatesIn(second.heard).flatMap((each) => (each.kind === "step" ? [each.training.step] : []));
  expect(steps[0]).toBeGreaterThan(1); // it goes on where the first one left it
});

const failureIn = (heard: readonly FromChild[]) =>
  heard.flatMap((message) => (message.type === "failed" ? [message.failure] : [])).at(0);

test.each<[string, Partial<TrainSettings>, object, string, RegExp]>([
  ["no tokenizer is named", { tokenizer_id: " " }, {}, "TOKENIZER_NOT_FOUND", /train one \(POST/],
  ["the corpus lies elsewhere", { corpus_path: "../../secret" }, {}, "CORPUS_NOT_FOUND", /leads to no text/],
  ["there is no such file", { corpus_path: null, corpus_file_id: "0".repeat(64) }, {}, "CORPUS_NOT_FOUND", /0000/],
  [
    "there is no file service to ask",
    { corpus_path: null, corpus_file_id: "0".repeat(64) },
    { dataBank: null },
    "CORPUS_NOT_FOUND",
    /file service/,
  ],
])("where %s, the run fails with a reason", async (what, fields, input, code, message) => {
  const child = training(`bad-${what.replaceAll(" ", "-")}`, fields, input);
  await child.over;
  expect(failureIn(child.heard)).toMatchObject({ code, message: matching(message) });
});

test("a run that is trained where there is no file service cannot be sent off, and says what to set", async () => {
  const child = training("alone", {}, { dataBank: null });
  await child.until("trained");
  child.say({ type: "send" });
  await child.over;
  expect(failureIn(child.heard)).toMatchObject({
    code: "ARTIFACT_UPLOAD_FAILED",
    message: containing("APP__DATA_BANK_API_URL"),
  });
});

test("a run starts from another's weights, on a file of the file service, with the tokenizer of those weights", async () => {
  await training("first").toEnd();
  const fields = {
    pretrained_run_id: RunId.parse("first"),
    tokenizer_id: "",
    corpus_path: null,
    corpus_file_id: corpusId,
  };
  const heard = await training("tuned", fields).toEnd();
  expect(heard.at(-1)).toEqual({ type: "done" });
  expect(await archived("tuned")).toMatchObject({ pretrained_run_id: "first", tokenizer_id: "tok-test" });
});

/** A child that trains a tokenizer, and what it says. */
async function tokenizerSays(id: string, fields: object, input: object = {}) {
  const child = startChild({ ...system.input, ...input });
  child.say({ type: "tokenizer", tokenizer_id: TokenizerId.parse(id), request: TokenizerTrainRequest.parse(fields) });
  await child.over;
  return child.heard;
}
const tokenizer = async (...given: Parameters<typeof tokenizerSays>) => (await tokenizerSays(...given)).at(-1);

test("a tokenizer's training is told of in percent that grow, up to all of it", async () => {
  for (const [id, fields] of [
    ["tok-grows", { vocab_size: 300 }],
    ["tok-counts", { method: "char" }],
  ] as const) {
    const heard = await tokenizerSays(id, { ...fields, corpus_path: "corpus.txt" });
    const told = heard.flatMap((each) => (each.type === "tokenizer_progress" ? [each.percent] : []));
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual([...new Set(told)].toSorted((a, b) => a - b));
    expect(Math.max(...told)).toBeLessThanOrEqual(100);
  }
});

test("a tokenizer is trained on a text below the data root or a file; one that is there is told of as it is", async () => {
  const first = await tokenizer("tok-a", { vocab_size: 300, corpus_path: "corpus.txt", holdout_fraction: 0.1 });
  expect(first).toMatchObject({ type: "tokenizer", stats: { coverage: 1 } });
  expect(await tokenizer("tok-a", { vocab_size: 999, corpus_path: "none.txt" })).toEqual(first);
  const fetched = { vocab_size: 300, corpus_file_id: corpusId, holdout_fraction: 0.1 };
  expect(await tokenizer("tok-b", fetched, { threads: 0 })).toEqual(first);
  const own = { base_tokenizer_id: "tok-a", add_tokens: 7, corpus_path: "corpus.txt" };
  expect(await tokenizer("tok-f", own)).toMatchObject({ type: "tokenizer" });
  expect(await tokenizer("tok-h", { ...own, add_tokens: null })).toMatchObject({ type: "tokenizer" });
  const sizes = ["tok-a", "tok-f", "tok-h"].map(
    async (id) => (await loadTokenizer(join(system.root, "tokenizers", id))).vocabSize,
  );
  const [base = 0, seven = 0, all = 0] = await Promise.all(sizes);
  expect(seven).toBe(base + 7);
  expect(all).toBeGreaterThan(seven); // up to 2,000, as many as the text has
  expect(await tokenizer("tok-g", { ...own, add_tokens: null, base_tokenizer_id: "tok-none" })).toMatchObject({
    type: "failed",
    failure: { code: "TOKENIZER_NOT_FOUND" },
  });
  expect(await tokenizer("tok-c", { method: "char", corpus_path: "corpus.txt" })).toMatchObject({ type: "tokenizer" });
  const stopped = startChild({ ...system.input, dataBank: { url: system.bank.url } });
  stopped.say({ type: "stop" });
  const request = TokenizerTrainRequest.parse({ vocab_size: 300, corpus_path: "corpus.txt" });
  stopped.say({ type: "tokenizer", tokenizer_id: TokenizerId.parse("tok-e"), request });
  await stopped.until("stopped");
  expect(existsSync(join(system.root, "tokenizers", "tok-e"))).toBe(false);
  expect(await tokenizer("tok-d", { corpus_path: "none.txt" })).toMatchObject({
    type: "failed",
    failure: { code: "CORPUS_NOT_FOUND", failureClass: "USER_INPUT" },
  });
});

test("a vocabulary that is asked for smaller than the bytes there are becomes that of all bytes", async () => {
  expect(await tokenizer("tok-small", { vocab_size: 128, corpus_path: "corpus.txt" })).toMatchObject({
    type: "tokenizer",
    stats: { coverage: 1 },
  });
  const small = await loadTokenizer(join(system.root, "tokenizers", "tok-small"));
  expect(small.vocabSize).toBe(260);
  expect(small.decode(small.encode("fjord µ"))).toBe("fjord µ");
});

/** A child that answers questions. */
function answering(input: object = {}) {
  const child = startChild({ ...system.input, ...input });
  let ids = 0;
  return {
    ...child,
    async ask(question: Question) {
      const id = (ids += 1);
      child.say({ type: "ask", id, question });
      const isEnd = (message: FromChild) =>
        (message.type === "answer" || message.type === "refused") && message.id === id;
      await vi.waitUntil(() => child.heard.some(isEnd), { interval: 5 });
      const end = child.heard.find(isEnd);
      return end?.type === "answer" ? end.answer : end?.type === "refused" ? end.failure : undefined;
    },
    pieces: (id: number) =>
      child.heard.flatMap((each) => (each.type === "piece" && each.id === id ? [each.piece] : [])),
  };
}

test("questions of all kinds are answered from one model, text as it comes", async () => {
  await training("wise").toEnd();
  const ids = { run_id: RunId.parse("wise"), request_id: "r" };
  const child = answering();
  const text = "the king hath seen";
  writeFileSync(join(system.root, "corpus", "prompt.txt"), text);

  const scoring = { kind: "score", ...ids, request: ScoreRequest.parse({ text }) } as const;
  const scored = await child.ask(scoring);
  expect(scored).toMatchObject({ status: "completed", surprisal: null, topk: null, tokens: null });
  const detailed = ScoreRequest.parse({ path: "prompt.txt", detail_level: "per_char", top_k: 2 });
  const inDetail = ScoreResult.parse(await child.ask({ ...scoring, request: detailed }));
  expect(inDetail.tokens?.join("")).toBe(text);
  expect(new Set(inDetail.topk?.map((row) => row.length))).toEqual(new Set([2]));

  const written = { prompt_text: "the ", max_new_tokens: 6, stop_on_eos: false, seed: 3, stop_sequences: [""] };
  const generated = await child.ask({ kind: "generate", ...ids, request: GenerateRequest.parse(written) });
  const streamed = child
    .pieces(3)
    .map((piece) => piece.text)
    .join("");
  expect(generated).toMatchObject({ status: "completed", outputs: [streamed], steps: 6 });

  // The likeliest alone is what least likelihood 1 leaves, and a penalty keeps it from saying the same again.
  const write = async (fields: object) =>
    GenerateResult.parse(
      await child.ask({ kind: "generate", ...ids, request: GenerateRequest.parse({ ...written, ...fields }) }),
    ).outputs;
  const greedy = await write({ temperature: 0 });
  expect(await write({ temperature: 1.5, top_k: 0, min_p: 1 })).toEqual(greedy);
  expect(await write({ temperature: 0, repetition_penalty: 1e6 })).not.toEqual(greedy);

  const asked = { ...ids, session_id: "s", request: ChatRequest.parse({ message: "who?", max_new_tokens: 6 }) };
  const chatted = await child.ask({ kind: "chat", ...asked, turns: [], seed: 1 });
  expect(chatted).toMatchObject({ turns: [{ role: "user", content: "who?" }, { role: "assistant" }] });
  expect(child.pieces(4).length).toBeGreaterThan(0);

  // Lines of OpenAI's interface come as they are made where the client wants them so, and else at the end alone.
  const completed = async (fields: object) => {
    const completion = CompletionRequest.parse({ model: "wise", prompt: "the ", max_tokens: 3, seed: 1, ...fields });
    return await child.ask({ kind: "openai", ...ids, request: { about: "completion", request: completion } });
  };
  const inLines = await completed({ stream: true });
  expect(inLines).toEqual({
    status: "completed",
    lines: child
      .pieces(8)
      .map((piece) => piece.text)
      .join(""),
  });
  expect(await completed({})).toMatchObject({ status: "completed", lines: containing("prompt_tokens") });
  expect(child.pieces(8)).not.toEqual([]);
  expect(child.pieces(9)).toEqual([]);
  const cut = { about: "tokenize" as const, request: TokenizeRequest.parse({ prompt: "the" }) };
  const { lines } = OpenAiResult.parse(await child.ask({ kind: "openai", ...ids, request: cut }));
  expect(lines).toContain('"count":3');

  const evaluated = async (fields: object) =>
    await child.ask({ kind: "eval", run_id: ids.run_id, request: EvaluateRequest.parse(fields) });
  const steps = (await archived("wise"))?.steps;
  expect(await evaluated({ split: "test" })).toMatchObject({ result: { status: "completed", split: "test" }, steps });
  expect(await evaluated({ path_override: "prompt.txt" })).toMatchObject({ result: { status: "completed" }, steps });
  // A model that somebody put there has no record of its training.
  cpSync(folder("wise"), folder("found"), { recursive: true });
  rmSync(join(folder("found"), "manifest.json"));
  const own = EvaluateRequest.parse({ path_override: "prompt.txt" });
  expect(await child.ask({ kind: "eval", run_id: RunId.parse("found"), request: own })).toMatchObject({ steps: 0 });
});

test("a text is cut into tokens without any model", async () => {
  const child = answering();
  const encode = async (tokenizer: string, text: string) => {
    const ids = { tokenizer_id: TokenizerId.parse(tokenizer), request_id: "r" };
    return await child.ask({ kind: "encode", ...ids, request: EncodeRequest.parse({ text }) });
  };
  expect(await encode("tok-test", "e👑")).toMatchObject({
    tokens: ["e", "[UNK]"],
    starts: [0, 1],
    ends: [1, 3],
    byte_starts: [0, 1],
    byte_ends: [1, 5],
    bytes_per_token: 2.5,
    unknown_tokens: 1,
  });
  expect(await encode("tok-test", "")).toMatchObject({ tokens: [], bytes: 0, bytes_per_token: null });
  expect(await encode("none", "a")).toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
});

test("a training is told in figures without being begun", async () => {
  const child = answering();
  const estimate = async (fields: object) =>
    await child.ask({ kind: "estimate", request_id: "e", request: request(fields) });
  expect(await estimate({})).toMatchObject({
    status: "completed",
    device: "cpu",
    threads: 1,
    sampled: false,
    reasons: {},
  });
  const file = { corpus_path: null, corpus_file_id: "a".repeat(64) };
  expect(await estimate(file)).toMatchObject({ tokens: null, reasons: { tokens: containing("file service") } });
  expect(await estimate({ corpus_path: "../keys.json" })).toMatchObject({ code: "CORPUS_NOT_FOUND" });
});

test("a question that cannot be answered is refused with its reason, and the next one is answered", async () => {
  await training("calm").toEnd();
  const child = answering();
  const about = (run_id: string, fields: object) =>
    ({ kind: "score", run_id: RunId.parse(run_id), request_id: "r", request: ScoreRequest.parse(fields) }) as const;
  expect(await child.ask(about("none", { text: "a" }))).toMatchObject({ message: containing('no run "none"') });
  symlinkSync("/etc/hostname", join(system.root, "corpus", "link.txt"));
  mkdirSync(join(system.root, "corpus", "inner"), { recursive: true });
  for (const path of ["../x", "/etc/hostname", "link.txt", ".", "none.txt", ".."])
    expect(await child.ask(about("calm", { path }))).toMatchObject({ code: "CORPUS_NOT_FOUND" });
  expect(await child.ask(about("calm", { text: "my lord" }))).toMatchObject({ status: "completed" });
});

test("a child that is told to stop closes its models first, so that nothing says any more that their runs are in use", async () => {
  await training("kept").toEnd();
  const child = answering();
  const signs = () => readdirSync(folder("kept")).filter((name) => name.startsWith(".in-use-"));
  const request = ScoreRequest.parse({ text: "the king" });
  await child.ask({ kind: "score", run_id: RunId.parse("kept"), request_id: "r", request });
  expect(signs()).toHaveLength(1);
  child.say({ type: "stop" });
  await child.until("stopped");
  expect(signs()).toEqual([]);
});

test("a question that is cancelled is answered no further; one that is over cannot be", async () => {
  await training("cancelled").toEnd();
  const child = answering();
  const about = (text: string) =>
    ({
      kind: "score",
      run_id: RunId.parse("cancelled"),
      request_id: "r",
      request: ScoreRequest.parse({ text }),
    }) as const;
  expect(await child.ask(about("my lord"))).toMatchObject({ status: "completed" });
  child.say({ type: "cancel", id: 1 });
  const long = child.ask(about("the king hath seen the crown ".repeat(20_000)));
  child.say({ type: "cancel", id: 2 });
  expect(await long).toMatchObject({ message: containing("aborted") });
  expect(await child.ask(about("my lord"))).toMatchObject({ status: "completed" });
});
