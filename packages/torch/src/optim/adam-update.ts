import * as kernels from "../fused/kernels.js";
import { fusable } from "../fused/switch.js";
import type { Tensor } from "../tensor.js";
import * as fused from "./fused.js";
import { scaleGrads } from "./optimizer.js";

/** One entry a parameter in each. */
export interface AdamLists {
  params: readonly Tensor[];
  grads: readonly Tensor[];
  expAvgs: readonly Tensor[];
  expAvgSqs: readonly Tensor[];
  steps: readonly Tensor[];
}

export interface AdamScalars {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  gradScale: number;
}

export type AdamUpdate = (lists: AdamLists, scalars: AdamScalars) => void;

const byLibtorch =
  (update: typeof fused.fusedAdam_): AdamUpdate =>
  (lists, { lr, beta1, beta2, eps, weightDecay, gradScale }) => {
    const { params, expAvgs, expAvgSqs, steps } = lists;
    const grads = lists.grads.map((g) => g.contiguous()); // it reads memory in order, whatever the strides
    scaleGrads(grads, gradScale);
    update(params, grads, expAvgs, expAvgSqs, [], steps, lr, beta1, beta2, weightDecay, eps, false, false);
  };

export const adamUpdate = byLibtorch(fused.fusedAdam_);
const adamWByLibtorch = byLibtorch(fused.fusedAdamW_);

/** On the CPU one pass over memory, the scaling of the gradients in it. */
export const adamWUpdate: AdamUpdate = (lists, scalars) => {
  if (!fusable(...lists.params)) return adamWByLibtorch(lists, scalars);
  const { params, grads, expAvgs, expAvgSqs, steps } = lists;
  const { lr, beta1, beta2, eps, weightDecay, gradScale } = scalars;
  kernels.adamw_(params, grads, expAvgs, expAvgSqs, steps, lr, beta1, beta2, eps, weightDecay, gradScale);
};
