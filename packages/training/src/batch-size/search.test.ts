import { numThreads, setNumThreads, TorchError } from "@trainer/torch";
import { afterAll, expect, test } from "vitest";
import { newFailure } from "../errors.js";
import { trialRequest } from "../../test/trial-request.js";
import { tinyGpt2 } from "../../test/fixture.js";
import { memoryToUse, threadsToTry } from "./find-batch.js";
import { extrapolated, search } from "./search.js";
import { eventOf, outcome, searchInProcess } from "./search-in-process.js";
import type { SearchEvent, SearchRequest } from "./search-request.js";
import { serve, type Channel } from "./serve.js";

const before = numThreads();
afterAll(() => setNumThreads(before));

const request: SearchRequest = { ...trialRequest, threads: [1], maxBatchSize: 16 };

type Search = Parameters<typeof search>;

async function found(changes: Partial<SearchRequest>, ...hooks: [make?: Search[2], gpuPeak?: Search[3]]) {
  const events: SearchEvent[] = [];
  await search({ ...request, ...changes }, (event) => events.push(event), ...hooks);
  return { last: events.at(-1), events };
}
const batches = (events: readonly SearchEvent[]) => events.filter((e) => e.type === "batch");

test("on a CPU small batches are tried, and what larger ones take is told from them", async () => {
  const { last, events } = await found({});
  expect(last).toEqual({ type: "found", batchSize: 16, threads: 1 });
  expect(batches(events).map((e) => [e.batchSize, e.fits, e.tokensPerSec !== null])).toEqual([
    [1, true, true],
    [2, true, true],
    [4, true, true],
    [8, true, false],
    [16, true, false],
  ]);
});

test("the memory there is decides, and the fastest number of threads is told", async () => {
  const { last, events } = await found({ maxBatchSize: 200, threads: [1, 2] });
  expect(last).toMatchObject({ type: "found", batchSize: 200 });
  expect(events.filter((e) => e.type === "threads")).toHaveLength(2);
  expect((await found({ memoryBytes: 1000 })).last).toEqual({ type: "found", batchSize: 0, threads: 1 });
});

test("on a GPU batches are tried until memory does not suffice", async () => {
  const steps: number[] = [];
  const make = (most: number) => () =>
    Promise.resolve({
      step(batchSize: number) {
        steps.push(batchSize);
        if (batchSize > most) throw new TorchError("OUT_OF_MEMORY", "CUDA out of memory.");
        return batchSize;
      },
    });
  const { last, events } = await found({ device: "cuda", maxBatchSize: 1000 }, make(21));
  expect(last).toEqual({ type: "found", batchSize: 20, threads: 1 });
  expect(batches(events).map((e) => [e.batchSize, e.fits])).toEqual([
    [1, true],
    [2, true],
    [4, true],
    [8, true],
    [16, true],
    [32, false],
    [24, false],
    [20, true],
    [22, false],
  ]);
  expect(batches(events)[4]?.tokensPerSec).toBe(8 * 1000); // 16 sequences of 8 tokens in 16 ms
  expect((await found({ maxBatchSize: 1000 }, make(2))).last).toMatchObject({ batchSize: 2 }); // on a CPU too
});

test("on a GPU a batch must leave memory free, by what its allocator counted", async () => {
  let peak = 0;
  const make = () => Promise.resolve({ step: (batchSize: number) => (peak = batchSize * 100) });
  const { last, events } = await found({ device: "cuda", memoryBytes: 1000, maxBatchSize: 16 }, make, () => peak);
  expect(last).toMatchObject({ batchSize: 10 });
  expect(batches(events).map((e) => [e.batchSize, e.fits, e.peakBytes])).toEqual([
    [1, true, 100],
    [2, true, 200],
    [4, true, 400],
    [8, true, 800],
    [16, false, 1600],
    [12, false, 1200],
    [10, true, 1000],
    [11, false, 1100],
  ]);
});

test("nine tenths of a GPU's memory may be used, or of what a CPU has left", () => {
  expect(memoryToUse("cuda", { bytes: [1000, 5] })).toBe(900);
  expect(memoryToUse("cuda", { bytes: [] })).toBe(0);
  expect(memoryToUse("cpu")).toBeGreaterThan(0);
});

test("more threads are not always faster", async () => {
  const make = () => Promise.resolve({ step: () => 10 * numThreads() });
  expect((await found({ threads: [1, 2, 3], maxBatchSize: 1 }, make)).last).toMatchObject({ threads: 1 });
});

test("the most threads are tried first, and fewer only while they are not much slower", async () => {
  const make = () => Promise.resolve({ step: () => (numThreads() === 4 ? 10 : 30) });
  const { last, events } = await found({ threads: [1, 2, 4], maxBatchSize: 1 }, make);
  expect(last).toMatchObject({ threads: 4 });
  expect(events.flatMap((e) => (e.type === "threads" ? [e.threads] : []))).toEqual([4, 2]);
});

test("each trial is told before it begins, and on a CPU a search takes few steps", async () => {
  const steps: number[] = [];
  const make = () => Promise.resolve({ step: (batchSize: number) => steps.push(batchSize) });
  const { events } = await found({ threads: [1, 2], maxBatchSize: 256 }, make);
  const told = events.flatMap((e) => (e.type === "trying" ? [[e.batchSize, e.threads]] : []));
  expect(told).toEqual([
    [1, 2],
    [2, 2],
    [4, 2],
    [4, 2],
    [4, 1],
  ]);
  expect(steps).toEqual([1, 1, 2, 4, 4, 4]);
});

test("another failure ends the search", async () => {
  const make = () =>
    Promise.resolve({
      step(): number {
        throw new Error("broken");
      },
    });
  await expect(found({ device: "cuda" }, make)).rejects.toThrow("broken");
});

/** A channel on which `request` comes, and what is answered on it. */
async function answers(message: unknown): Promise<SearchEvent[]> {
  const sent: SearchEvent[] = [];
  const channel: Channel = {
    once: (_event, listener) => listener(message),
    send: (event) => sent.push(event),
    disconnect: () => {},
  };
  await serve(channel);
  return sent;
}

test("a model in a folder says its own dimensions, and documents that are kept apart take their memory", async () => {
  const config = { ...request.config, mask_documents: true };
  const { last } = await found({ config, dimensionsFrom: tinyGpt2, maxBatchSize: 1 });
  expect(last).toMatchObject({ type: "found", batchSize: 1 });
});

test.each(["dpo", "orpo"])("pairs of answers are tried as two sequences each: %s", async (preference) => {
  const config = { ...request.config, preference, format: "preference", pretrained_run_id: "before" };
  expect((await found({ config, maxBatchSize: 1 })).last).toMatchObject({ type: "found", batchSize: 1 });
});

test("the model that it learns from is asked in each step that is tried", async () => {
  const taught = { teacherFrom: tinyGpt2, maxBatchSize: 1 };
  expect((await found(taught)).last).toMatchObject({ type: "found", batchSize: 1 });
  await expect(found({ ...taught, maxSeqLen: 2048 })).rejects.toThrow("exceeds dimension size"); // it does not read so many tokens
  expect((await found({ maxSeqLen: 2048, maxBatchSize: 1 })).last).toMatchObject({ batchSize: 1 });
});

test("threads are tried by doubling, and on a GPU not at all", () => {
  expect([threadsToTry("cpu", 1), threadsToTry("cpu", 6), threadsToTry("cuda", 6)]).toEqual([[1], [1, 2, 4, 6], [6]]);
});

test("a process answers one request", async () => {
  expect((await answers({ ...request, maxBatchSize: 1 })).at(-1)).toMatchObject({ type: "found", batchSize: 1 });
  const broken = await answers({ ...request, config: { corpus_paths: ["-"], model_size: "huge" } });
  expect(broken).toMatchObject([{ type: "failed", failure: { code: "INVALID_MODEL_SIZE" } }]);
});

test("the search is done in a process of its own, and ends with its signal", async () => {
  const events: SearchEvent[] = [];
  expect(await searchInProcess({ ...request, maxBatchSize: 2 }, (event) => events.push(event))).toMatchObject({
    batchSize: 2,
  });
  expect(batches(events)).toHaveLength(2);
  const broken = searchInProcess({ ...request, config: { corpus_paths: ["-"], model_size: "huge" } }, () => {});
  await expect(broken).rejects.toMatchObject({ code: "INVALID_MODEL_SIZE", failureClass: "USER_INPUT" });
  const stop = new AbortController();
  const stopped = searchInProcess(request, () => stop.abort(new Error("enough")), stop.signal);
  await expect(stopped).rejects.toThrow("enough");
});

test("a process that is killed for its memory has told what fits; another end is a failure", () => {
  const ended = {
    found: null,
    failure: null,
    fitting: 4,
    ended: "SIGKILL",
    request,
  };
  expect(outcome(ended)).toEqual({ type: "found", batchSize: 4, threads: 1 });
  expect(() => outcome({ ...ended, ended: "SIGSEGV" })).toThrow("ended with SIGSEGV");
  expect(() =>
    outcome({
      ...ended,
      failure: newFailure("INVALID_INPUT", "no"),
    }),
  ).toThrow("no");
});

test("once a tenth of the speed is lost, still fewer threads are not tried", async () => {
  const tried = async (...ms: readonly number[]) => {
    const make = () => Promise.resolve({ step: () => ms[3 - numThreads()] ?? NaN });
    const { last, events } = await found({ threads: [1, 2, 3], maxBatchSize: 1 }, make);
    return [events.flatMap((e) => (e.type === "threads" ? [e.threads] : [])), last];
  };
  const fastest = { type: "found", batchSize: 1, threads: 3 };
  expect(await tried(10, 15, 9)).toEqual([[3, 2], fastest]);
  expect(await tried(10, 10.5, 15)).toEqual([[3, 2, 1], fastest]);
});

test("what a search's process says that cannot be understood is its failure", () => {
  expect(eventOf({ type: "trying", batchSize: 1, threads: 1 })).toEqual({ type: "trying", batchSize: 1, threads: 1 });
  for (const message of ["found", null, { type: "found" }, { type: "batch", batchSize: "8" }])
    expect(eventOf(message)).toMatchObject({
      type: "failed",
      failure: { code: "INTERNAL_ERROR", failureClass: "FATAL" },
    });
});

test("the memory of a batch that is too large to be tried lies on the line through the smallest and the largest that were", () => {
  const peaks = new Map([
    [2, 1000],
    [1, 900],
    [4, 1300],
  ]);
  expect(extrapolated(peaks, 4)).toBe(1300);
  expect(extrapolated(peaks, 7)).toBe(1700);
  expect(
    extrapolated(
      new Map([
        [1, 10],
        [4, 20],
      ]),
      5,
    ),
  ).toBe(24); // rounded up
});
