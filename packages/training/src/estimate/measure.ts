import { at } from "@trainer/disk";
import { memoryStats, resetPeakMemory, setNumThreads } from "@trainer/torch";
import { setImmediate } from "node:timers/promises";
import { makeTrial, type Trial } from "../batch-size/trial.js";
import { clockOf, type Clock } from "./clock.js";
import type { MeasureEvent, MeasureRequest, Pace } from "./measure-request.js";

/** Batches of so many sequences are tried first on a CPU: what larger ones need follows from them. */
const SMALL = [1, 2, 4] as const;

/** Milliseconds that whole steps are repeated for, and those beyond which one is not even begun. */
const REPEATED_MS = 2000;
const MOST_MS = 2500;

/** Steps in which a GPU chooses and records what it does. */
const WARM_UPS = 6;

/** What a trial needed by the number of sequences: milliseconds, and bytes at the height. */
interface Point {
  readonly size: number;
  readonly ms: number;
  readonly bytes: number;
}

/**
 * Takes steps like those of the requested run, and tells the memory and the time that they need. On a CPU batches are
 * tried from small ones up; one that would need more memory or time than there is for it is not tried, its needs being
 * told by a straight line through those of smaller ones.
 */
export async function measure(
  request: MeasureRequest,
  emit: (event: MeasureEvent) => void,
  make: (request: MeasureRequest) => Promise<Trial> = makeTrial,
): Promise<void> {
  const { device, threads, isBusy } = request;
  setNumThreads(threads);
  const trial = await make(request);
  const clock = clockOf(threads, device === "cpu" && isBusy);
  const needs = device === "cuda" ? await onGpu(trial, request, clock) : await onCpu(trial, request, clock);
  emit({ type: "memory", bytes: needs.bytes });
  const token = await evaluated(trial, clock, 1, 1);
  const { batchSize, maxSeqLen } = request;
  const sequences = needs.isTried ? batchSize : 1;
  const evaluation = ((await evaluated(trial, clock, sequences, maxSeqLen)) / sequences) * batchSize;
  emit({ type: "pace", pace: { step: needs.ms, evaluation, token } satisfies Pace });
}

interface Needs {
  readonly ms: number;
  readonly bytes: number;
  /** True if whole batches were tried. */
  readonly isTried: boolean;
}

async function onCpu(trial: Trial, request: MeasureRequest, clock: Clock): Promise<Needs> {
  const { batchSize, batches, memoryBytes } = request;
  const step = (sequences: number, count = 1): number => {
    const began = clock();
    trial.step(sequences, count);
    return clock() - began;
  };
  const points: Point[] = [];
  step(1); // allocates, and makes the optimizer's moments
  for (const size of SMALL.filter((each) => each <= batchSize)) {
    await setImmediate(); // lets what was emitted be sent
    points.push({ size, ms: step(size), bytes: memoryStats().peakRssBytes });
    if (clockIsOver(points, 2 * size)) break;
  }
  const bytes = lineThrough(points, batchSize, "bytes");
  const ms = lineThrough(points, batchSize, "ms");
  if (bytes > memoryBytes || ms * batches > MOST_MS) return { ms: ms * batches, bytes, isTried: false };
  step(batchSize, batches);
  const times = repeated(() => step(batchSize, batches));
  return { ms: median(times), bytes: memoryStats().peakRssBytes, isTried: true };
}

const clockIsOver = (points: readonly Point[], next: number): boolean => lineThrough(points, next, "ms") > MOST_MS;

async function onGpu(trial: Trial, request: MeasureRequest, clock: Clock): Promise<Needs> {
  const { batchSize, batches } = request;
  resetPeakMemory();
  const step = (): number => {
    const began = clock();
    trial.step(batchSize, batches);
    return clock() - began;
  };
  for (let i = 0; i < WARM_UPS; i++) {
    step();
    await setImmediate();
  }
  const times = repeated(step);
  return { ms: median(times), bytes: memoryStats().cuda?.peakAllocatedBytes ?? 0, isTried: true };
}

/** The times of steps, at least of one, for a while. */
function repeated(step: () => number): number[] {
  const until = performance.now() + REPEATED_MS;
  const times = [step()];
  while (performance.now() < until) times.push(step());
  return times;
}

async function evaluated(trial: Trial, clock: Clock, sequences: number, tokens: number): Promise<number> {
  await trial.evaluate(sequences, tokens);
  const began = clock();
  await trial.evaluate(sequences, tokens);
  return clock() - began;
}

/** What a batch needs by the line through the last two that were tried; by one alone, in proportion. */
export function lineThrough(points: readonly Point[], size: number, what: "ms" | "bytes"): number {
  const last = at(points, points.length - 1);
  const before = points.at(-2);
  if (before === undefined) return what === "ms" ? last.ms * (size / last.size) : last.bytes;
  const slope = Math.max(0, last[what] - before[what]) / (last.size - before.size);
  return last[what] + slope * (size - last.size);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return at(sorted, Math.floor(sorted.length / 2));
}
