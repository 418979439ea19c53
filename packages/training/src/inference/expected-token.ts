import { at } from "@trainer/disk";
import { scope, tensor, type Tensor } from "@trainer/torch";
import { likeliestTokens, type Vocabulary } from "./likeliest-tokens.js";

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

/** The same of one token, by logits (V). */
export const expectedToken = (logits: Tensor, id: number, k: number, opened: Vocabulary): ExpectedToken =>
  scope(() => at(expectedTokens(logits.reshape([1, -1]), [id], k, opened), 0));

/**
 * What logits (N, V) say of N tokens that are there. Rows that the model has beyond the tokenizer's ids, and ids that stand
 * for nothing, have their part of the probability and are not among the likeliest.
 */
export function expectedTokens(logits: Tensor, ids: readonly number[], k: number, opened: Vocabulary): ExpectedToken[] {
  const logprobs = logits.to("float32").logSoftmax(-1);
  const own = logprobs.gather(1, tensor(ids, [ids.length, 1], { dtype: "int64", device: logits.device })).data();
  const top = likeliestTokens(logprobs, k, opened);
  return ids.map((id, row) => ({
    id,
    logprob: Number(own[row]),
    top: at(top, row).map((each) => ({ id: each.id, logprob: each.score })),
  }));
}
