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
  { make = makeTrial, now = null }: Hooks = {},
): Promise<void> {
  const { device, threads, isBusy } = request;
  setNumThreads(threads);
  const trial = await make(request);
  const clock = now ?? clockOf(threads, device === "cpu" && isBusy);
  const wall = now ?? clockOf(threads, false);
  const measuring = { trial, request, clock, wall, emit };
  const { step, sequences, height } = device === "cuda" ? await onGpu(measuring) : await onCpu(measuring);
  const token = await evaluated(measuring, 1, 1);
  const evaluation = (await evaluated(measuring, sequences, request.maxSeqLen)) * (request.batchSize / sequences);
  tell(emit, height(), { step, evaluation, token });
}

interface Hooks {
  readonly make?: (request: MeasureRequest) => Promise<Trial>;
  /** The clock of both. */
  readonly now?: Clock | null;
}

interface Measuring {
  readonly trial: Trial;
  readonly request: MeasureRequest;
  /** Of the steps' own time, and of everybody's. */
  readonly clock: Clock;
  readonly wall: Clock;
  readonly emit: (event: MeasureEvent) => void;
}

function tell(emit: Measuring["emit"], bytes: number, pace: Pace): void {
  emit({ type: "memory", bytes });
  emit({ type: "pace", pace });
}

interface Needs {
  /** Milliseconds of a step. */
  readonly step: number;
  /** Sequences of the largest batch that was tried. */
  readonly sequences: number;
  /** Memory at its height so far; what was not tried is told from smaller batches. */
  readonly height: () => number;
}

async function onCpu({ trial, request, clock, wall, emit }: Measuring): Promise<Needs> {
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
  const guess = ms * batches;
  const { ms: single } = at(points, 0);
  tell(emit, bytes, { step: guess, evaluation: ms * FORWARD, token: single * FORWARD }); // in case that no time is left
  await setImmediate();
  if (bytes > memoryBytes || guess > MOST_MS) return { step: guess, sequences: 1, height: () => bytes };
  step(batchSize, batches);
  const times = repeated(wall, () => step(batchSize, batches));
  return { step: median(times), sequences: batchSize, height: () => memoryStats().peakRssBytes };
}

/** Part of a step that its forward pass takes, about. */
const FORWARD = 1 / 3;

const clockIsOver = (points: readonly Point[], next: number): boolean => lineThrough(points, next, "ms") > MOST_MS;

async function onGpu({ trial, request: { batchSize, batches }, clock, wall }: Measuring): Promise<Needs> {
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
  const times = repeated(wall, step);
  const height = () => memoryStats().cuda?.peakAllocatedBytes ?? 0;
  return { step: median(times), sequences: batchSize, height };
}

/** The times of steps, at least of one, for a while. */
function repeated(wall: Clock, step: () => number): number[] {
  const until = wall() + REPEATED_MS;
  const times = [step()];
  while (wall() < until) times.push(step());
  return times;
}

async function evaluated({ trial, clock }: Measuring, sequences: number, tokens: number): Promise<number> {
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
