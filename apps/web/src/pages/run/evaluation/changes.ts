import { EvaluateOptions, optionFacts } from "@trainer/options";
import type { EvaluationRecord } from "@trainer/platform/browser";
import { z } from "zod";

/** An evaluation, and how its loss has changed since the one before of the same text and in the same way. */
export interface Change {
  readonly evaluation: EvaluationRecord;
  /** In parts of the loss before; null where there is none before. */
  readonly change: number | null;
  readonly isWorse: boolean;
}

/** By how large a part a loss must grow to be a regression: as the evaluation itself has it. */
const THRESHOLD = z.number().parse(optionFacts(EvaluateOptions.shape.regressionThreshold).default);

/** @param evaluations the oldest first */
export function changesOf(evaluations: readonly EvaluationRecord[]): Change[] {
  const before = new Map<string, number>();
  return evaluations.map((evaluation) => {
    const { split, path, stride, eval_tokens, loss } = evaluation;
    const way = JSON.stringify([split, path, stride, eval_tokens]);
    const last = before.get(way);
    if (loss !== null) before.set(way, loss);
    const change = loss === null || last === undefined || last === 0 ? null : (loss - last) / last;
    return { evaluation, change, isWorse: change !== null && change > THRESHOLD };
  });
}
