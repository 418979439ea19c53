import { ones, type Tensor } from "@trainer/torch";

/** Assignment of a batch's tokens to documents that are read separately, or to texts that share their beginnings. */
export interface Documents {
  /** (B, T) int64: how far into its document each token is. */
  readonly positions: Tensor;
  /** (B, 1, T, T) bool: whether the token of a row may look at that of a column: one of its document, not after it. */
  readonly mask: Tensor;
  /** True if a token may follow one that does not stand before it: then places do not tell how far apart two are. */
  readonly isTree?: boolean;
}

/** Makes it from the number of each token's document, (B, T) int64, as the batch counts them. */
export function documentsOf(numbers: Tensor): Documents {
  const t = numbers.size(1);
  const same = numbers.unsqueeze(2).eq(numbers.unsqueeze(1)); // (B, T, T)
  const mask = same.logicalAnd(ones([t, t], { dtype: "bool", device: numbers.device }).tril());
  // A token sees all of its document that is before it, and itself.
  return { positions: mask.to("int64").sum(2).sub(1), mask: mask.unsqueeze(1) };
}
