import { numThreads, setNumThreads } from "@trainer/torch";
import { afterAll, expect, test } from "vitest";
import type { Channel } from "../batch-size/in-process.js";
import type { Trial } from "../batch-size/trial.js";
import { parseTrainOptions } from "../options/options.js";
import { toConfig } from "../options/wire-names.js";
import { clockOf } from "./clock.js";
import { lineThrough, measure } from "./measure.js";
import type { MeasureEvent, MeasureRequest } from "./measure-request.js";
import { serve } from "./serve.js";

const before = numThreads();
afterAll(() => setNumThreads(before));

const options = parseTrainOptions({ corpus: "-", modelConfig: { nEmbd: 16, nLayer: 1, nHead: 2 } });
const request: MeasureRequest = {
  config: toConfig(options),
  plugins: [],
  vocabSize: 300,
  maxSeqLen: 8,
  dimensionsFrom: null,
  device: "cpu",
  precision: "fp32",
  threads: 1,
  batchSize: 16,
  batches: 1,
  memoryBytes: 2 ** 40,
  isBusy: false,
};

/** A trial that takes so long for a sequence, and what was tried of it. */
function trialOf(msPerSequence: number) {
  const tried: string[] = [];
  const spend = (ms: number) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  };
  const trial: Trial = {
    step(sequences, batches = 1) {
      tried.push(`step ${sequences} x ${batches}`);
      spend(msPerSequence * sequences * batches);
      return 0;
    },
    async evaluate(sequences, tokens) {
      tried.push(`evaluate ${sequences} of ${tokens}`);
      spend((msPerSequence * sequences * tokens) / 8);
    },
  };
  return { trial, tried: () => [...new Set(tried)] };
}

async function measured(changes: Partial<MeasureRequest>, trial?: Trial) {
  const events: MeasureEvent[] = [];
  const make = trial && (() => Promise.resolve(trial));
  await measure({ ...request, ...changes }, (event) => events.push(event), make);
  const pace = events.flatMap((event) => (event.type === "pace" ? [event.pace] : []))[0];
  const bytes = events.flatMap((event) => (event.type === "memory" ? [event.bytes] : []))[0];
  return { pace, bytes };
}

test("whole steps are tried where they are quick and fit", async () => {
  const { trial, tried } = trialOf(0.5);
  const { pace } = await measured({ batches: 2 }, trial);
  expect(tried()).toEqual([
    "step 1 x 1",
    "step 2 x 1",
    "step 4 x 1",
    "step 16 x 2",
    "evaluate 1 of 1",
    "evaluate 16 of 8",
  ]);
  expect(pace?.step).toBeGreaterThanOrEqual(16);
  expect(pace?.evaluation).toBeGreaterThanOrEqual(8);
  expect(pace?.token).toBeGreaterThan(0);
});

test("a step that would take too long, or more memory than there is, is told from smaller ones", async () => {
  const slow = trialOf(20);
  const { pace } = await measured({ batchSize: 1000 }, slow.trial);
  expect(slow.tried()).toEqual(["step 1 x 1", "step 2 x 1", "step 4 x 1", "evaluate 1 of 1", "evaluate 1 of 8"]);
  expect(pace?.step).toBeGreaterThan(10_000);
  expect(pace?.evaluation).toBeGreaterThan(10_000);
  const vast = trialOf(1);
  const { bytes } = await measured({ memoryBytes: 1 }, vast.trial);
  expect(vast.tried()).not.toContain("step 16 x 1");
  expect(bytes).toBeGreaterThan(1);
  const slowest = trialOf(1500);
  expect((await measured({ batchSize: 2 }, slowest.trial)).pace?.step).toBeGreaterThan(2900);
  expect(slowest.tried()).not.toContain("step 2 x 1");
}, 60_000);

test("on a GPU only whole steps are tried, by the counters of its allocator", async () => {
  const { trial, tried } = trialOf(0.1);
  const { bytes } = await measured({ device: "cuda" }, trial);
  expect(tried()).toEqual(["step 16 x 1", "evaluate 1 of 1", "evaluate 16 of 8"]);
  expect(bytes).toBe(0); // there is none here
});

test("a line goes through the last two that were tried, and falls nowhere", () => {
  const points = [
    { size: 1, ms: 5, bytes: 100 },
    { size: 2, ms: 6, bytes: 90 },
    { size: 4, ms: 10, bytes: 80 },
  ];
  expect(lineThrough(points, 16, "ms")).toBe(34);
  expect(lineThrough(points, 16, "bytes")).toBe(80);
  expect([lineThrough(points.slice(0, 1), 3, "ms"), lineThrough(points.slice(0, 1), 3, "bytes")]).toEqual([15, 100]);
});

test("beside other programs a clock counts the work alone", async () => {
  const [alone, beside] = [clockOf(2, false), clockOf(2, true)];
  const [since, worked] = [alone(), beside()];
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(alone() - since).toBeGreaterThan(150);
  expect(beside() - worked).toBeLessThan(150);
});

test("a process answers one request", async () => {
  const answers = async (message: unknown): Promise<MeasureEvent[]> => {
    const sent: MeasureEvent[] = [];
    const channel: Channel<MeasureEvent> = {
      once: (_event, listener) => listener(message),
      send: (event) => sent.push(event),
      disconnect: () => {},
    };
    await serve(channel);
    return sent;
  };
  expect((await answers(request)).map(({ type }) => type)).toEqual(["memory", "pace"]);
  const broken = await answers({ ...request, config: { corpus_paths: ["-"], model_size: "huge" } });
  expect(broken).toMatchObject([{ type: "failed", failure: { code: "INVALID_MODEL_SIZE" } }]);
});
