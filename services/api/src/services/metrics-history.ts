import { open, type FileHandle } from "node:fs/promises";
import { EvalMetrics, StepMetrics, type MetricsHistory } from "@trainer/platform";
import type { LineList } from "./line-list.js";
import type { MetricsIndices } from "./metrics-index.js";
import { rowsIn } from "./rows-in.js";

/** What is asked for of a run's metrics. */
export interface MetricsQuery {
  /** Number of steps at most. */
  readonly points: number;
  /** First and last step; null: the first and the last of all. */
  readonly from: number | null;
  readonly to: number | null;
}

/**
 * A run's metrics: all evaluations in a range, and at most `points` steps, evenly over it, with its first and its last. Of
 * a long file only the lines that are given are read.
 */
export async function metricsHistory(
  indices: MetricsIndices,
  path: string,
  { points, from, to }: MetricsQuery,
): Promise<Omit<MetricsHistory, "run_id">> {
  const { steps, evaluations } = await indices.of(path);
  await using file = await open(path);
  const first = from === null ? 0 : await below(file, steps, from);
  const end = to === null ? steps.count : await below(file, steps, to + 1);
  const evaluated = { first: from === null ? 0 : await below(file, evaluations, from), end: evaluations.count };
  if (to !== null) evaluated.end = await below(file, evaluations, to + 1);
  const inRange = Math.max(0, end - first);
  const count = Math.min(points, inRange);
  const kept = Array.from({ length: count }, (_, i) =>
    count === 1 ? end - 1 : first + Math.round((i * (inRange - 1)) / (count - 1)),
  );
  const lines = await steps.read(file, kept);
  return {
    steps: lines.flatMap((line) => rowsIn(StepMetrics, line)),
    evaluations: (await evaluations.read(file, range(evaluated.first, evaluated.end))).flatMap((line) =>
      rowsIn(EvalMetrics, line),
    ),
    total_steps_logged: steps.count,
    ...(from === null && to === null ? {} : { steps_in_range: inRange }),
  };
}

/** Number of lines before the one of `step`. */
async function below(file: FileHandle, lines: LineList, step: number): Promise<number> {
  let [low, high] = [0, lines.count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await stepAt(file, lines, middle)) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Step of a line; of a damaged one, that of the line before. */
async function stepAt(file: FileHandle, lines: LineList, index: number): Promise<number> {
  for (let i = index; i >= 0; i--) {
    const step = /"step":(\d+)/.exec((await lines.read(file, [i])).join(""))?.[1];
    if (step !== undefined) return Number(step);
  }
  return -1;
}

const range = (first: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
