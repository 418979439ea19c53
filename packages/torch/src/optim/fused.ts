import type { Device, DType } from "../dtype.js";
import { internalOp } from "../op.js";
import type { Tensor } from "../tensor.js";

// Operators over many tensors at once. They trust their lists to match, so they stay inside this folder.

export const foreachNorm = internalOp<[tensors: readonly Tensor[], ord?: number, dtype?: DType], Tensor[]>(
  "aten::_foreach_norm.Scalar",
);
export const foreachMul_ = internalOp<[tensors: readonly Tensor[], factor: Tensor], void>("aten::_foreach_mul_.Tensor");
export const foreachAddScalar_ = internalOp<[tensors: readonly Tensor[], value: number], void>(
  "aten::_foreach_add_.Scalar",
);
export const foreachAdd_ = internalOp<[tensors: readonly Tensor[], value: Tensor], void>("aten::_foreach_add_.Tensor");
export const foreachLerp_ = internalOp<[tensors: readonly Tensor[], ends: readonly Tensor[], weight: number], void>(
  "aten::_foreach_lerp_.Scalar",
);
export const foreachLerp = internalOp<[tensors: readonly Tensor[], ends: readonly Tensor[], weight: number], Tensor[]>(
  "aten::_foreach_lerp.Scalar",
);
export const foreachCopy_ = internalOp<[tensors: readonly Tensor[], from: readonly Tensor[]], void>(
  "aten::_foreach_copy_",
);
export const foreachMulScalar_ = internalOp<[tensors: readonly Tensor[], factor: number], void>(
  "aten::_foreach_mul_.Scalar",
);
export const foreachAddList_ = internalOp<
  [tensors: readonly Tensor[], others: readonly Tensor[], alpha?: number],
  void
>("aten::_foreach_add_.List");
export const baddbmm = internalOp<[add: Tensor, a: Tensor, b: Tensor, beta: number, alpha: number], Tensor>(
  "aten::baddbmm",
); // beta add + alpha (a b): (n, r, c), (n, r, k), (n, k, c) -> (n, r, c)
export const eye = internalOp<[n: number, dtype?: DType, layout?: "strided", device?: Device], Tensor>("aten::eye"); // (n, n)
export const unbind = internalOp<[a: Tensor], Tensor[]>("aten::unbind.int"); // (n, ...) -> n of (...)
type Lists = [
  params: readonly Tensor[],
  grads: readonly Tensor[],
  expAvgs: readonly Tensor[],
  expAvgSqs: readonly Tensor[],
  maxExpAvgSqs: readonly Tensor[],
  steps: readonly Tensor[],
  lr: number,
  beta1: number,
  beta2: number,
  weightDecay: number,
  eps: number,
  amsgrad: boolean,
  maximize: boolean,
  gradDivisor?: Tensor,
  foundInf?: Tensor,
];
export const fusedAdamW_ = internalOp<Lists, void>("aten::_fused_adamw_");
export const fusedAdam_ = internalOp<Lists, void>("aten::_fused_adam_");
export const fusedSgd_ = internalOp<
  [
    params: readonly Tensor[],
    grads: readonly Tensor[],
    momentumBuffers: readonly Tensor[],
    weightDecay: number,
    momentum: number,
    lr: number,
    dampening: number,
    nesterov: boolean,
    maximize: boolean,
    isFirstStep: boolean,
    gradDivisor?: Tensor,
    foundInf?: Tensor,
  ],
  void
>("aten::_fused_sgd_");
export const unscaleAndCheck_ = internalOp<[tensors: readonly Tensor[], foundInf: Tensor, inverseScale: Tensor], void>(
  "aten::_amp_foreach_non_finite_check_and_unscale_",
);
export const updateScale_ = internalOp<
  [scale: Tensor, growthTracker: Tensor, foundInf: Tensor, growth: number, backoff: number, interval: number],
  Tensor
>("aten::_amp_update_scale_");
