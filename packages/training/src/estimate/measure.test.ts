import { numThreads, setNumThreads } from "@trainer/torch";
import { afterAll, expect, test } from "vitest";
import type { Channel } from "../batch-size/in-process.js";
import type { Trial } from "../batch-size/trial.js";
import { trialRequest } from "../../test/trial-request.js";
import { clockOf } from "./clock.js";
import { lineThrough, measure } from "./measure.js";
import type { MeasureEvent, MeasureRequest } from "./measure-request.js";
import { serve } from "./serve.js";

const before = numThreads();
afterAll(() => setNumThreads(before));

const request: MeasureRequest = { ...trialRequest, threads: 1, batchSize: 16, batches: 1, isBusy: false };

/** A trial that takes so long for a sequence by a clock of its own, and what was tried of it. */
function trialOf(msPerSequence: number) {
  const tried: string[] = [];
  let time = 0;
  const spend = (ms: number) => (time += ms);
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
  const make = () => Promise.resolve(trial);
  return { hooks: { make, now: () => time }, tried: () => [...new Set(tried)] };
}

async function measured(changes: Partial<MeasureRequest>, { hooks }: ReturnType<typeof trialOf>) {
  const events: MeasureEvent[] = [];
  await measure({ ...request, ...changes }, (event) => events.push(event), hooks);
  const paces = events.flatMap((event) => (event.type === "pace" ? [event.pace] : []));
  const bytes = events.flatMap((event) => (event.type === "memory" ? [event.bytes] : [])).at(-1);
  return { pace: paces.at(-1), first: paces[0], bytes };
}

test("whole steps are tried where they are quick and fit, and what is guessed before is told first", async () => {
  const trial = trialOf(10);
  const { pace, first, bytes } = await measured({ batches: 2 }, trial);
  expect(trial.tried()).toEqual([
    "step 1 x 1",
    "step 2 x 1",
    "step 4 x 1",
    "step 16 x 2",
    "evaluate 1 of 1",
    "evaluate 16 of 8",
  ]);
  expect(first).toEqual({ step: 320, evaluation: 160 * (1 / 3), token: 10 * (1 / 3) });
  expect(pace).toEqual({ step: 320, evaluation: 160, token: 10 / 8 });
  expect(bytes).toBeGreaterThan(0);
});

test("a step that would take too long, or more memory than there is, is told from smaller ones", async () => {
  const slow = trialOf(20);
  const { pace } = await measured({ batchSize: 1000 }, slow);
  expect(slow.tried()).toEqual(["step 1 x 1", "step 2 x 1", "step 4 x 1", "evaluate 1 of 1", "evaluate 1 of 8"]);
  expect(pace).toEqual({ step: 20_000, evaluation: 20_000, token: 20 / 8 });
  const vast = trialOf(1);
  const { bytes } = await measured({ memoryBytes: 1 }, vast);
  expect(vast.tried()).not.toContain("step 16 x 1");
  expect(bytes).toBeGreaterThan(1);
  const slowest = trialOf(1500);
  expect((await measured({ batchSize: 2 }, slowest)).pace?.step).toBe(3000);
  expect(slowest.tried()).not.toContain("step 2 x 1");
});

test("on a GPU only whole steps are tried, by the counters of its allocator", async () => {
  const trial = trialOf(10);
  const { bytes, pace } = await measured({ device: "cuda" }, trial);
  expect(trial.tried()).toEqual(["step 16 x 1", "evaluate 1 of 1", "evaluate 16 of 8"]);
  expect([bytes, pace?.step]).toEqual([0, 160]); // there is no GPU here
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
  expect((await answers(request)).map(({ type }) => type)).toEqual(["memory", "pace", "memory", "pace"]);
  const broken = await answers({ ...request, config: { corpus_paths: ["-"], model_size: "huge" } });
  expect(broken).toMatchObject([{ type: "failed", failure: { code: "INVALID_MODEL_SIZE" } }]);
});
