import type { Tensor } from "@trainer/torch";

/** x + branch, (B, T, C) each, and the norm of that sum, in one kernel. */
export type AddNorm<Norm> = (x: Tensor, branch: Tensor, norm: Norm) => readonly [sum: Tensor, normed: Tensor];

/**
 * The residual stream between blocks. A branch is added together with the norm that follows it, in one kernel: until
 * then the two stand apart. It is a value, never changed: on a tape each block runs twice on the same one.
 */
export interface Residual<Norm> {
  readonly x: Tensor; // (B, T, C)
  readonly branch: Tensor | null; // (B, T, C); null before the first block
  /** x + layer(norm(x)) */
  add(norm: Norm, layer: (normed: Tensor) => Tensor): Residual<Norm>;
  /** norm(x): (B, T, C) */
  norm(norm: Norm): Tensor;
  /** The stream with f(t) in the place of each of its tensors. */
  map(f: (t: Tensor) => Tensor): Residual<Norm>;
}

/** For `segment`. */
export const eachTensor = <Norm>(stream: Residual<Norm>, f: (t: Tensor) => Tensor): Residual<Norm> => stream.map(f);

export function residual<Norm extends (x: Tensor) => Tensor>(
  x: Tensor,
  addNorm: AddNorm<Norm>,
  branch: Tensor | null = null,
): Residual<Norm> {
  const sumAndNorm = (norm: Norm) => (branch === null ? ([x, norm(x)] as const) : addNorm(x, branch, norm));
  return {
    x,
    branch,
    add(norm, layer) {
      const [sum, normed] = sumAndNorm(norm);
      return residual(sum, addNorm, layer(normed));
    },
    norm: (norm) => sumAndNorm(norm)[1],
    map: (f) => residual(f(x), addNorm, branch && f(branch)),
  };
}
