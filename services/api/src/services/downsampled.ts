import { open, type FileHandle } from "node:fs/promises";
import { EvalMetrics, StepMetrics, type MetricsHistory } from "@trainer/platform";
import { lastLinesAt } from "../live/lines.js";

/**
 * A run's metrics downsampled: all evaluations, and at most `points` steps, evenly over the run, with the first and the
 * last. The file is read twice, a piece at a time, and only lines that are kept are parsed: a long run has a million.
 */
export async function downsampled(path: string, points: number): Promise<Omit<MetricsHistory, "run_id">> {
  await using file = await open(path);
  const { end } = await lastLinesAt(file, 0); // what is behind is not written whole yet
  let total = 0;
  for await (const line of linesOf(file, end)) if (!isEvaluation(line)) total++;
  const count = Math.min(points, total);
  const steps: StepMetrics[] = [];
  const evaluations: EvalMetrics[] = [];
  let at = 0;
  let kept = 0;
  for await (const line of linesOf(file, end)) {
    if (isEvaluation(line)) evaluations.push(...rowsIn(EvalMetrics, line));
    else if (at++ === place(kept)) {
      kept++;
      steps.push(...rowsIn(StepMetrics, line));
    }
  }
  return { steps, evaluations, total_steps_logged: total };

  /** Index among all steps of the i-th that is kept. */
  function place(i: number): number {
    return count === 1 ? total - 1 : Math.round((i * (total - 1)) / (count - 1));
  }
}

/** The lines up to `end`, which is behind a newline; none where nothing is. */
const linesOf = (file: FileHandle, end: number): AsyncIterable<string> =>
  file.readLines({ encoding: "utf8", start: 0, end: Math.max(0, end - 1), autoClose: false });

const isEvaluation = (line: string): boolean => line.includes('"split":');

/** None for a line that is no row: a disk may have lost a part. */
function rowsIn<T>(schema: { parse(value: unknown): T }, line: string): T[] {
  try {
    return [schema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
