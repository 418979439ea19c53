import { at } from "@trainer/disk";
import { scope, tensor, type Tensor } from "@trainer/torch";
import type { WritingModel } from "./writing-model.js";

/** A token with the logarithm of its probability, in nats. */
export interface LikelyToken {
  readonly id: number;
  readonly logprob: number;
}

/** A token that is there, and the likeliest in its place. */
export interface ExpectedToken extends LikelyToken {
  /** Falling. */
  readonly top: readonly LikelyToken[];
}

type Vocabulary = Pick<WritingModel, "tokenizer" | "absent">;

/** The same of one token, by logits (V). */
export const expectedToken = (logits: Tensor, id: number, k: number, opened: Vocabulary): ExpectedToken =>
  scope(() => at(expectedTokens(logits.reshape([1, -1]), [id], k, opened), 0));

/**
 * What logits (N, V) say of N tokens that are there. Rows that the model has beyond the tokenizer's ids, and ids that stand
 * for nothing, have their part of the probability and are not among the likeliest.
 */
export function expectedTokens(
  logits: Tensor,
  ids: readonly number[],
  k: number,
  { tokenizer, absent }: Vocabulary,
): ExpectedToken[] {
  const logprobs = logits.to("float32").logSoftmax(-1);
  const columns = Math.min(logprobs.size(1), tokenizer.vocabSize);
  const asked = k === 0 ? 0 : Math.min(columns, k + absent.length);
  const none = new Set(absent);
  const own = logprobs.gather(1, tensor(ids, [ids.length, 1], { dtype: "int64", device: logits.device })).data();
  const [values, indices] = logprobs.narrow(1, 0, columns).topk(asked);
  const [best, places] = [values.data(), indices.data()];
  return ids.map((id, row) => {
    const ranked = Array.from({ length: asked }, (_, i): LikelyToken => {
      return { id: Number(places[row * asked + i]), logprob: Number(best[row * asked + i]) };
    });
    return { id, logprob: Number(own[row]), top: ranked.filter((each) => !none.has(each.id)).slice(0, k) };
  });
}
