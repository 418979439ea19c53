import type { Tensor } from "@trainer/torch";
import type { WritingModel } from "./writing-model.js";

/** The ids that a model may write. */
export type Vocabulary = Pick<WritingModel, "tokenizer" | "absent">;

interface ScoredToken {
  readonly id: number;
  readonly score: number;
}

/**
 * The k tokens of the largest scores in each row of (N, V), falling; all where there are fewer. Rows that the model has
 * beyond the tokenizer's ids, and ids that stand for nothing, are not among them.
 */
export function likeliestTokens(scores: Tensor, k: number, { tokenizer, absent }: Vocabulary): ScoredToken[][] {
  const columns = Math.min(scores.size(1), tokenizer.vocabSize);
  const asked = k === 0 ? 0 : Math.min(columns, k + absent.length);
  const none = new Set(absent);
  const [values, indices] = scores.narrow(1, 0, columns).topk(asked);
  const [best, ids] = [values.data(), indices.data()];
  return Array.from({ length: scores.size(0) }, (_, row) =>
    Array.from({ length: asked }, (__, i) => {
      return { id: Number(ids[row * asked + i]), score: Number(best[row * asked + i]) };
    })
      .filter(({ id }) => !none.has(id))
      .slice(0, k),
  );
}
