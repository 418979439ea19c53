import type { Each, Tensor } from "@trainer/torch";

/** The residual stream between blocks: what the last branch adds is added with the norm that follows, in one pass. */
export interface Stream {
  readonly x: Tensor; // (B, T, C)
  readonly branch: Tensor | null; // (B, T, C); null at the beginning
}

/** For `segment`: the tensors of a stream. */
export const eachOf: Each<Stream> = ({ x, branch }, f) => ({ x: f(x), branch: branch && f(branch) });
