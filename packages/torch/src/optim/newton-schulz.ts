import type { DType } from "../dtype.js";
import type { Tensor } from "../tensor.js";
import { baddbmm, eye } from "./fused.js";

/** The quintic a x + b x³ + c x⁵ of Jordan et al. 2024, steepest at 0: singular values end between 0.7 and 1.2. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

const EPS = 1e-7;

/**
 * Brings the singular values of matrices near 1 by Newton-Schulz iterations: (n, rows, cols) float32 -> the same shape, of
 * `dtype`, in which the products are computed. A matrix of zeros stays one.
 */
export function orthogonalized(matrices: Tensor, steps: number, dtype: DType = "float32"): Tensor {
  const isTall = matrices.size(1) > matrices.size(2);
  const typed = matrices.to(dtype);
  const wide = isTall ? typed.transpose(1, 2) : typed; // the Gram matrix is that of the shorter side
  const x = wide.div(wide.norm(2, [1, 2], true).clamp(EPS));
  // Float32 bears the iteration of the Gram matrix; bfloat16's rounding would grow in it.
  const byGram = dtype === "float32" && isFewerByGram(x.size(2) / x.size(1), steps);
  const y = byGram ? timesPolynomial(x, steps) : iterated(x, steps);
  return isTall ? y.transpose(1, 2) : y;
}

/**
 * True if the iteration costs fewer products of (m, m) matrices by the Gram matrix, for matrices (m, ratio m): 3 in its
 * first step, 4 in later ones and 2 in the last, beside 2 `ratio` at its ends, against 1 + 2 `ratio` in each.
 */
const isFewerByGram = (ratio: number, steps: number): boolean =>
  steps > 1 && 2 * ratio + 4 * steps - 3 < steps * (1 + 2 * ratio);

/** As it is defined: X <- (a I + b G + c G²) X with G = X Xᵀ. (n, m, k) */
function iterated(start: Tensor, steps: number): Tensor {
  let x = start;
  for (let i = 0; i < steps; i++) {
    const gram = x.bmm(x.transpose(1, 2));
    x = baddbmm(x, baddbmm(gram, gram, gram, B, C), x, A, 1);
  }
  return x;
}

/**
 * The same by products of (m, m) alone: all steps' polynomials of G commute, so that P = a I + b G + c G² takes G to P G P,
 * and X to the product of all P with it. (n, m, k)
 */
function timesPolynomial(x: Tensor, steps: number): Tensor {
  let gram = x.bmm(x.transpose(1, 2));
  let product: Tensor | null = null; // of all steps' P so far
  for (let i = 1; ; i++) {
    const rest = baddbmm(gram, gram, gram, B, C); // P - a I
    product =
      product === null
        ? rest.add(eye(x.size(1), "float32", undefined, x.device), A)
        : baddbmm(product, rest, product, A, 1);
    if (i === steps) return product.bmm(x);
    const once = baddbmm(gram, rest, gram, A, 1); // P G
    gram = baddbmm(once, rest, once, A, 1); // P G P
  }
}
