import type { RunSort } from "@trainer/platform";
import type { Listed } from "./listed-run.js";

type Value = string | number | null;

const VALUES: Readonly<Record<RunSort, (run: Listed) => Value>> = {
  created_at: (run) => run.created_at,
  updated_at: (run) => run.updated_at,
  started_at: (run) => run.started_at,
  ended_at: (run) => run.ended_at,
  duration_seconds: (run) => run.duration_seconds,
  run_id: (run) => run.run_id,
  status: (run) => run.status,
  progress: (run) => run.progress,
  model: ({ model_family, model_size }) => model_family && `${model_family} ${model_size}`,
  corpus: (run) => run.corpus,
  tokenizer_id: (run) => run.tokenizer_id,
  val_loss: (run) => run.best_val_loss,
  bits_per_byte: (run) => run.bits_per_byte,
};

/** Order of a column; what is not known comes last either way, and what is equal stands newest first. */
export function inOrder(sort: RunSort, order: "asc" | "desc"): (a: Listed, b: Listed) => number {
  const value = VALUES[sort];
  const sign = order === "asc" ? 1 : -1;
  return (a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || newestFirst(a, b);
    return sign * compared(left, right) || newestFirst(a, b);
  };
}

const newestFirst = (a: Listed, b: Listed): number =>
  compared(b.created_at, a.created_at) || compared(a.run_id, b.run_id);

/** By code units: names of files and ids, not of people. */
const compared = (a: string | number, b: string | number): number => (a < b ? -1 : Number(a > b));
