import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, sweep, sweepFields, train, type SweptTrial } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("sweep");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const trialsOf = (rates: readonly number[], more: object = {}) =>
  rates.map((learningRate) => ({
    settings: { learningRate },
    input: { ...tiny, corpus, maxSteps: 12, evaluate: false, learningRate, ...more },
  }));
const request = (rates: readonly number[], sweepId: string, more: object = {}) => ({
  trials: trialsOf(rates, more),
  seconds: null,
  sweepId,
});

const manifestOf = (id: string) => readManifest(join(home, "models", id, "manifest.json"));
const metricsOf = (id: string) =>
  readFileSync(join(home, "models", id, "metrics.jsonl"), "utf8")
    .split("\n")
    .flatMap((line) => /"(?:train_loss|loss)":[^,]*/u.exec(line)?.[0] ?? []);

test("the better trials train on, and what they come to is what runs of their own would", async () => {
  const told: string[] = [];
  const rates = [1e-5, 1e-2, 1e-4, 3e-3];
  const { sweepId, trials } = await sweep(request(rates, "rates"), {
    home,
    onTrial: ({ runId }, { part }) => told.push(`${runId} at ${part.toFixed(2)}`),
    onEvent: (_, { runId }) => expect(runId).toMatch(/^rates-[1-4]$/u),
  });
  expect(sweepId).toBe("rates");
  expect(told.slice(0, 4).toSorted()).toEqual([1, 2, 3, 4].map((i) => `rates-${i} at 0.33`));
  expect(told.slice(4).toSorted()).toEqual(["rates-2 at 1.00", "rates-4 at 1.00"]);
  expect(trials.map(({ part }) => part)).toEqual([1, 1, 1 / 3, 1 / 3]);
  expect(new Set(trials.slice(0, 2).map(({ runId }) => runId))).toEqual(new Set(["rates-2", "rates-4"]));
  const bits = trials.map(({ result }) => Number(result?.bitsPerByte));
  expect(bits[0]).toBeLessThanOrEqual(Number(bits[1]));
  expect(bits[2]).toBeLessThanOrEqual(Number(bits[3]));
  const statuses = await Promise.all(trials.map(async ({ runId }) => (await manifestOf(runId))?.status));
  expect(statuses).toEqual(["completed", "completed", "interrupted", "interrupted"]);

  await train(
    { ...tiny, corpus, maxSteps: 12, evaluate: false, learningRate: 1e-2, evalEvery: 4, runId: "alone" },
    { home },
  );
  expect(metricsOf("rates-2")).toEqual(metricsOf("alone")); // stopped and resumed on the way, to the bit
});

test("the fields of a sweep are what its trials came to, null for one that came nowhere", () => {
  const point = { step: 4, tokens: 64, loss: 3, bitsPerByte: 2 };
  const trial = {
    runId: "a",
    settings: { learningRate: 1 },
    steps: 4,
    part: 1,
    result: point,
    points: [point],
    failure: null,
  };
  const nothing = { ...trial, part: 0, result: null, points: [], failure: "the loss became NaN" };
  expect(sweepFields({ sweepId: "s", trials: [trial, nothing] })).toEqual({
    sweep_id: "s",
    trials: [
      {
        run_id: "a",
        settings: { learning_rate: 1 },
        part: 1,
        bits_per_byte: 2,
        loss: 3,
        failure: null,
        validations: [{ step: 4, tokens: 64, loss: 3, bits_per_byte: 2 }],
      },
      {
        run_id: "a",
        settings: { learning_rate: 1 },
        part: 0,
        bits_per_byte: null,
        loss: null,
        failure: "the loss became NaN",
        validations: [],
      },
    ],
  });
});

test("a sweep that was stopped goes on where it was, and a finished one tells what came of it", async () => {
  const rates = [1e-2, 1e-4, 3e-3];
  const whole = await sweep(request(rates, "whole"), { home });
  const reason = new Error("enough");
  for (const stopAt of [2, 6]) {
    const stop = new AbortController();
    let steps = 0;
    const stopped = sweep(request(rates, "cut"), {
      home,
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type === "step" && ++steps === stopAt) stop.abort(reason);
      },
    });
    await expect(stopped).rejects.toBe(reason);
  }
  const cut = await sweep(request(rates, "cut"), { home });
  const ofAll = (trials: readonly SweptTrial[]) =>
    trials.map(({ settings, part, points }) => ({ settings, part, points }));
  expect(ofAll(cut.trials)).toEqual(ofAll(whole.trials));
  const events: string[] = [];
  const again = await sweep(request(rates, "cut"), { home, onEvent: ({ type }) => events.push(type) });
  expect(again).toEqual(cut);
  expect(events).toEqual([]);
});

test("a trial whose loss diverges is last, and the others go on", async () => {
  const { trials } = await sweep(request([1e30, 1e-3, 1e31, 1e32], "broken", { maxSteps: null }), { home });
  expect(trials.map(({ failure }) => failure === null)).toEqual([true, false, false, false]);
  expect(trials[0]).toMatchObject({ settings: { learningRate: 1e-3 }, part: 1 });
  expect(trials[1]).toMatchObject({ failure: /loss|gradient/u, part: 0 });
});

test("by a time the trials are as long as it allows, and a sweep has a name of its own", async () => {
  const { trials } = { trials: trialsOf([1e-2, 1e-3]) };
  const swept = await sweep({ trials, seconds: 2, sweepId: null }, { home });
  expect(swept.sweepId).toMatch(/^sweep-[\da-f]{8}$/u);
  const tokens = swept.trials.map(({ points }) => points.at(-1)?.tokens ?? 0);
  expect(tokens[0]).toBeGreaterThan(128);
  expect(tokens[0]).toBe(tokens[1]);
});

test("what cannot be compared is refused, and so is a name that another sweep has", async () => {
  const swept = (rates: readonly number[], id: string, more?: object) => sweep(request(rates, id, more), { home });
  await expect(swept([1e-3], "blind", { holdoutFraction: 0 })).rejects.toThrow("compares by validation");
  await expect(swept([1e-3], "auto", { batchSize: "auto" })).rejects.toThrow("say how many sequences a batch has");
  await expect(swept([5e-3], "cut")).rejects.toMatchObject({ code: "CONFLICT" });
  await expect(swept([1e-3], "nowhere", { corpus: join(home, "none.txt"), maxSeqLen: null })).rejects.toMatchObject({
    code: "CORPUS_NOT_FOUND",
  });
  const away = { settings: {}, input: { ...tiny, corpusFileId: "a".repeat(64) } };
  const asked = { trials: [away], sweepId: "away" };
  await expect(sweep({ ...asked, seconds: null }, { home })).rejects.toThrow("the length of a trial is not known");
  await expect(sweep({ ...asked, seconds: 9 }, { home })).rejects.toThrow("the pace of a trial is not known");
  for (const text of ["{", "{}"]) {
    writeFileSync(join(home, "sweeps", "torn.json"), text);
    await expect(swept([1e-3], "torn")).rejects.toThrow("is no sweep that this version can go on with");
  }
});
