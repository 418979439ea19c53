import { EvalMetrics, StepMetrics, type MetricsHistory } from "@trainer/platform";

/**
 * Of a run's metrics all evaluations, and of its steps at most `points`, evenly over the run, the first and the last among
 * them. Only lines that are kept are parsed: a long run has a million.
 */
export function thinned(text: string, points: number): Omit<MetricsHistory, "run_id"> {
  const lines = text.split("\n");
  lines.pop(); // what is behind the last newline is not written whole yet
  const isEvaluation = (line: string) => line.includes('"split":');
  const steps = lines.filter((line) => !isEvaluation(line));
  const count = Math.min(points, steps.length);
  const kept = Array.from({ length: count }, (_, i) => steps[count === 1 ? steps.length - 1 : place(i)]);
  return {
    steps: kept.flatMap((line) => rowsIn(StepMetrics, String(line))),
    evaluations: lines.filter(isEvaluation).flatMap((line) => rowsIn(EvalMetrics, line)),
    total_steps_logged: steps.length,
  };

  function place(i: number): number {
    return Math.round((i * (steps.length - 1)) / (count - 1));
  }
}

/** None for a line that is no row: a disk may have lost a part. */
function rowsIn<T>(schema: { parse(value: unknown): T }, line: string): T[] {
  try {
    return [schema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
