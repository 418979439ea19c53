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
  scope(() => at(at(expectedTokens(logits.reshape([1, -1]), [[id]], k, opened), 0), 0));

/**
 * What each row of logits (N, V) says of tokens that are there, any number for a row. Rows that the model has beyond the
 * tokenizer's ids, and ids that stand for nothing, have their part of the probability and are not among the likeliest.
 */
export function expectedTokens(
  logits: Tensor,
  ids: readonly (readonly number[])[],
  k: number,
  opened: Vocabulary,
): ExpectedToken[][] {
  const logprobs = logits.to("float32").logSoftmax(-1);
  const width = Math.max(1, ...ids.map(({ length }) => length));
  const padded = ids.flatMap((own) => [...own, ...Array.from({ length: width - own.length }, () => 0)]);
  const index = tensor(padded, [ids.length, width], { dtype: "int64", device: logits.device });
  const found = logprobs.gather(1, index).data();
  const likeliest = likeliestTokens(logprobs, k, opened);
  return ids.map((own, row) => {
    const top = at(likeliest, row).map(({ id, score }) => ({ id, logprob: score }));
    return own.map((id, i) => ({ id, logprob: Number(found[row * width + i]), top }));
  });
}
