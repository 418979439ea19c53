import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import {
  evaluate,
  openHome,
  openModel,
  readManifest,
  resume,
  train,
  type RunEvent,
  type TrainInput,
} from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcome } from "./run-files.js";

let home = "";
let corpus: string[] = [];
const options = (): TrainInput => ({
  ...tiny,
  corpus,
  corpusWeights: ["0.2-0.8", "0.8-0.2"],
  curriculum: "length",
  holdoutFraction: 0.1,
  maxSteps: 12,
  evalEvery: 4,
  checkpointEvery: 3,
});
const run = (id: string) => join(home, "models", id);
const manifestOf = (id: string) => readManifest(join(run(id), "manifest.json"));

/** Trains and collects events; aborted after a step. */
async function trained(input: TrainInput, stopAt = Infinity): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const stop = new AbortController();
  const onEvent = (event: RunEvent) => {
    events.push(event);
    if (event.type === "step" && event.step === stopAt) stop.abort();
  };
  await train(input, { home, onEvent, signal: stop.signal });
  return events;
}

const find = <T extends RunEvent["type"]>(events: readonly RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);

beforeAll(() => {
  home = scratchPath("mixing");
  mkdirSync(join(home, "own"), { recursive: true });
  writeFileSync(
    join(home, "own", "notes.txt"),
    Array.from({ length: 300 }, (_, i) => `note ${i} of ${(i * 7) % 13} words, that nobody else has`).join("\n"),
  );
  corpus = [join(home, "own"), writeCorpus(join(home, "wiki.txt"))];
});
afterAll(() => rmSync(home, { recursive: true }));

test("a mix is trained, told text by text, and goes on bit for bit where it was stopped", async () => {
  const events = await trained({ ...options(), runId: "whole", logEvery: 1 });
  const whole = outcome(run("whole"));
  const [start] = find(events, "start");
  expect(start?.sources?.map(({ source, weight }) => [source, weight])).toEqual([
    ["own", "0.2-0.8"],
    ["wiki.txt", "0.8-0.2"],
  ]);
  for (const { split, loss, ppl, bitsPerByte, sources = [] } of find(events, "eval")) {
    expect(sources.map(({ source }) => source)).toEqual(["own", "wiki.txt"]);
    const [own, wiki] = sources;
    expect([split, loss]).toEqual([split, (Number(own?.loss) + Number(wiki?.loss)) / 2]); // the shares of the middle
    expect(ppl).toBe(Math.exp(loss));
    const bits = sources.map((each) => Number(each.bitsPerByte));
    expect(bitsPerByte).toBeGreaterThan(Math.min(...bits));
    expect(bitsPerByte).toBeLessThan(Math.max(...bits));
  }
  const manifest = await manifestOf("whole");
  const passed = manifest?.sources.map(({ epochs, planned_epochs: planned }) => epochs - Number(planned)) ?? [];
  expect(passed).toHaveLength(2);
  for (const difference of passed) expect(Math.abs(difference)).toBeLessThan(0.1);
  expect(manifest?.splits?.train.tokens).toBe(manifest?.sources.reduce((sum, { tokens }) => sum + tokens, 0));

  await trained({ ...options(), runId: "stopped", logEvery: 1 }, 5);
  await resume("stopped", { home });
  expect(outcome(run("stopped"))).toEqual(whole);

  await resume("stopped", { home }, { maxSteps: 14 });
  expect(await manifestOf("stopped")).toMatchObject({ status: "completed", steps: 14, total_steps: 14 });

  using opened = await openModel("whole", { home: openHome(home) });
  const evaluated = await evaluate(opened, { split: "test", prompts: [] }, { home: openHome(home) });
  const tested = find(events, "eval").find(({ split }) => split === "test");
  expect(evaluated.loss).toBe(tested?.loss);
  expect(evaluated.sources).toEqual(tested?.sources);
  expect(evaluated.documents).toBe(manifest?.splits?.test.documents);
});

test("another weight tokenizes nothing, not even a vocabulary is learnt; a text that comes often is warned of", async () => {
  const turned = { ...options(), corpusWeights: ["30", "1"], runId: "other" };
  const events = await trained(
    { ...turned, curriculum: "none", evaluate: false, maxSteps: 200, checkpointEvery: 0 },
    1,
  );
  const ready = find(events, "data").find((event) => event.phase === "ready");
  expect(ready).toMatchObject({ cached: true });
  expect(find(events, "tokenizer").every(({ phase }) => phase === "ready")).toBe(true);
  expect(find(events, "warning").map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^own will be gone through \d+\.\d times; after about 4/),
  );
});

test("weights that make no mix, and a file that two texts hold, are refused before there is a run", async () => {
  const refused = async (changes: TrainInput, why: RegExp) =>
    await expect(train({ ...options(), ...changes }, { home })).rejects.toThrow(why);
  await refused({ corpusWeights: ["1"] }, /1 weight\(s\) for 2 texts/);
  await refused({ corpus: [], corpusFileId: "a".repeat(64) }, /mixed with no other/);
  const within = [String(corpus[0]), join(String(corpus[0]), "notes.txt")];
  await refused({ corpus: within }, /notes\.txt is in two of the weighted texts/);
});

test("copies are looked for in all texts, told with where they are, and the text that is named first keeps them", async () => {
  const path = join(home, "again.txt");
  const note = (i: number) => `note ${i} of ${(i * 7) % 13} words, that nobody else has`;
  const other = (i: number) => `the ${i}th of these lines tells of another thing than all those, ${i * i}`;
  writeFileSync(path, Array.from({ length: 200 }, (_, i) => (i < 50 ? note(i) : other(i))).join("\n"));
  const texts = [String(corpus[0]), path];
  const copied: TrainInput = { ...options(), document: "line", dedup: "exact", corpus: texts };
  const short: TrainInput = { ...copied, evaluate: false, maxSteps: 2, curriculum: "none" };
  const told = async (runId: string, input: TrainInput) => {
    const events = await trained({ ...input, runId });
    const cached = find(events, "data").find((event) => event.phase === "ready")?.cached;
    const { left_out: leftOut, sources } = (await manifestOf(runId)) ?? {};
    return { cached, copies: leftOut?.copies, sources: sources?.map(({ source, tokens }) => [source, tokens]) };
  };
  const first = await told("first", short);
  expect(first).toMatchObject({ cached: false, copies: { exact: { documents: 50 }, near: { documents: 0 } } });
  expect(first.copies?.examples[0]).toMatchObject({
    kept: { path: join(home, "own", "notes.txt"), number: 1, start: note(0) },
    removed: { path, number: 1 },
  });
  expect(await told("weighed", { ...short, corpusWeights: ["5", "1"] })).toEqual({ ...first, cached: true });
  const turned = await told("turned", { ...short, corpus: texts.toReversed() });
  expect(turned).toMatchObject({ cached: false, copies: { exact: { documents: 50 } } });
  expect(turned.copies?.examples[0]).toMatchObject({ kept: { path }, removed: { number: 1 } });
});

test("conversations are mixed like texts, of which the answers are learnt", async () => {
  const chats = ["a", "b"].map((name) => {
    const path = join(home, `${name}.jsonl`);
    const turn = (i: number) => ({ prompt: `What is ${i} in ${name}?`, completion: `It is ${i * i}.` });
    writeFileSync(path, Array.from({ length: 60 }, (_, i) => JSON.stringify(turn(i))).join("\n"));
    return path;
  });
  const chatting: TrainInput = {
    corpus: chats,
    corpusWeights: ["1", "3"],
    format: "auto",
    maxSeqLen: 64,
    curriculum: "length",
  };
  const events = await trained({ ...options(), ...chatting, runId: "chats", maxSteps: 2, evalEvery: 2 });
  const manifest = await manifestOf("chats");
  expect(manifest?.splits?.train.conversations?.turns).toBe(2 * Number(manifest?.splits?.train.documents));
  expect(find(events, "eval").map(({ sources = [] }) => sources.map(({ source }) => source))).toEqual([
    ["a.jsonl", "b.jsonl"],
    ["a.jsonl", "b.jsonl"],
  ]);
  expect(manifest?.verdict?.references).toBeNull();
});

test("a smaller type of weights is measured on each of the texts", async () => {
  using opened = await openModel("whole", { home: openHome(home), weightType: "bf16" });
  expect(opened.quantizationLoss?.tokens).toBeGreaterThan(100);
});
