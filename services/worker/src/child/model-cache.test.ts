import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import {
  openHome,
  openModel,
  exportRun,
  saveTokenizer,
  train,
  openCorpus,
  trainOnCorpus,
  type OpenModel,
} from "@trainer/training";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ModelCache } from "./model-cache.js";

const root = scratchPath("model-cache");
const home = openHome(root);
const RUNS = ["a", "b", "c"];

beforeAll(async () => {
  const text = writeCorpus(join(root, "text.txt"));
  const corpus = await openCorpus(text, { document: "line" });
  const split = { holdoutFraction: 0, testSplitRatio: 0, seed: 1 };
  await saveTokenizer(
    join(home.tokenizers, "tok"),
    await trainOnCorpus(corpus, { method: "char", vocabSize: 0, minFrequency: 1, split }),
  );
  const { vocabSize: _, ...options } = tiny;
  for (const runId of RUNS)
    await train({ ...options, corpus: text, runId, tokenizer: "tok", numEpochs: 1, evaluate: false }, { home: root });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Opened models that have not been closed. */
const living = new Set<OpenModel>();
const opened: string[] = [];
beforeEach(() => {
  living.clear();
  opened.splice(0);
});

async function open(runId: string): Promise<OpenModel> {
  opened.push(runId);
  const model = await openModel(runId, { home });
  const dispose = model[Symbol.dispose].bind(model);
  living.add(model);
  model[Symbol.dispose] = () => {
    living.delete(model);
    dispose();
  };
  return model;
}

const cacheOf = (limits: Partial<ConstructorParameters<typeof ModelCache>[1]>) =>
  new ModelCache(home, { count: 4, bytes: 2 ** 30, idleSec: 600, ...limits }, open);
const steps = (cache: ModelCache, runId: string) =>
  cache.with(runId, (model) => Promise.resolve(model.manifest?.steps));

test("a model is opened once for all that is asked of it, also at once", async () => {
  const cache = cacheOf({});
  await Promise.all([steps(cache, "a"), steps(cache, "a")]);
  expect(await steps(cache, "a")).toBeGreaterThan(0);
  expect(opened).toEqual(["a"]);
});

test("the model that was used longest ago is closed when there are more than the limit, or more bytes", async () => {
  const cache = cacheOf({ count: 2 });
  for (const runId of ["a", "b", "a", "c"]) await steps(cache, runId);
  expect(cache.open).toEqual(["a", "c"]);
  expect(opened).toEqual(["a", "b", "c"]);
  await vi.waitUntil(() => living.size === 2);

  const small = cacheOf({ bytes: 1 });
  for (const runId of ["a", "b"]) await steps(small, runId);
  expect(small.open).toEqual(["b"]); // at least the one that is used
});

test("a model that is in use stays open until it is not, also when it has left the cache", async () => {
  const cache = cacheOf({ count: 1 });
  await cache.with("a", async (model) => {
    await steps(cache, "b");
    expect(cache.open).toEqual(["b"]);
    expect(living.has(model)).toBe(true);
  });
  await vi.waitUntil(() => living.size === 1);
});

test("when all are closed, one that is in use stays open until it is not", async () => {
  const cache = cacheOf({});
  await steps(cache, "b");
  await cache.with("a", async (model) => {
    await cache.close();
    expect(cache.open).toEqual([]);
    expect([...living]).toEqual([model]);
  });
  await vi.waitUntil(() => living.size === 0);
});

test("what nobody asks for a while is closed", async () => {
  const cache = cacheOf({ idleSec: 0.02 });
  await steps(cache, "a");
  expect(living.size).toBe(1);
  await vi.waitUntil(() => cache.open.length === 0);
  await vi.waitUntil(() => living.size === 0);
});

test("a run whose files have changed is opened anew", async () => {
  const cache = cacheOf({});
  await steps(cache, "a");
  const manifest = join(home.models, "a", "manifest.json");
  writeFileSync(`${manifest}.new`, JSON.stringify({ ...JSON.parse(readFileSync(manifest, "utf8")), steps: 4711 }));
  renameSync(`${manifest}.new`, manifest);
  expect(await steps(cache, "a")).toBe(4711);
  expect(opened).toEqual(["a", "a"]);
});

test("an exported model is opened once, and anew when its files have changed", async () => {
  const cache = cacheOf({});
  const vocabulary = () => cache.with("export~mine", (model) => Promise.resolve(model.tokenizer.vocabSize));
  await exportRun("b", join(home.exports, "mine"), { home });
  expect(await vocabulary()).toBe(await vocabulary());
  expect(opened).toEqual(["export~mine"]);
  touch(join(home.exports, "mine", "config.json"));
  await vocabulary();
  expect(opened).toEqual(["export~mine", "export~mine"]);
});

test("a run that is brought here by its first question is not opened anew for the second", async () => {
  const away = join(root, "away");
  renameSync(join(home.models, "c"), away);
  const cache = new ModelCache(home, { count: 4, bytes: 2 ** 30, idleSec: 600 }, (runId) => {
    renameSync(away, join(home.models, runId));
    return open(runId);
  });
  await steps(cache, "c");
  await steps(cache, "c");
  expect(opened).toEqual(["c"]);
});

test("what could not be opened is tried again by the next question; a question that fails closes nothing", async () => {
  const cache = cacheOf({});
  await expect(steps(cache, "new")).rejects.toThrow('no run "new"');
  await expect(steps(cache, "new")).rejects.toThrow('no run "new"');
  expect(cache.open).toEqual([]);
  await expect(cache.with("a", () => Promise.reject(new Error("no answer")))).rejects.toThrow("no answer");
  expect(cache.open).toEqual(["a"]);
});

test("one that could not be opened takes nothing with it that has come in its place", async () => {
  let failOpening: (error: Error) => void = () => {};
  const cache = new ModelCache(home, { count: 4, bytes: 2 ** 30, idleSec: 600 }, (runId) =>
    opened.length > 0 ? open(runId) : new Promise((_, reject) => (opened.push(runId), (failOpening = reject))),
  );
  const first = steps(cache, "b");
  await vi.waitUntil(() => opened.length === 1);
  touch(join(home.models, "b", "manifest.json"));
  await steps(cache, "b");
  failOpening(new Error("no memory"));
  await expect(first).rejects.toThrow("no memory");
  expect(cache.open).toEqual(["b"]);
  await steps(cache, "b");
  expect(opened).toEqual(["b", "b"]);
});

function touch(file: string): void {
  writeFileSync(`${file}.new`, readFileSync(file));
  renameSync(`${file}.new`, file);
}
