import { full } from "../create.js";
import { TorchError } from "../errors.js";
import * as kernels from "../fused/kernels.js";
import { fusable, fusableOnGpu } from "../fused/switch.js";
import type { Tensor } from "../tensor.js";
import * as fused from "./fused.js";
import { deviceArguments, type DeviceScale, scaleGrads } from "./optimizer.js";

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
  scale: number | DeviceScale;
}

export type AdamUpdate = (lists: AdamLists, scalars: AdamScalars) => void;

/** The learning rate for libtorch's updates, which take it from the host: another device's would be waited for. */
function rateOf(lr: number, scale: number | DeviceScale): number {
  if (typeof scale === "number" || scale.lr === undefined) return lr;
  if (scale.lr.device === "cpu") return scale.lr.item();
  throw new TorchError("ARGUMENT", "a learning rate on the device is read by this project's AdamW alone");
}

const byLibtorch =
  (update: typeof fused.fusedAdam_): AdamUpdate =>
  (lists, { lr, beta1, beta2, eps, weightDecay, scale }) => {
    const { params, expAvgs, expAvgSqs, steps } = lists;
    const grads = lists.grads.map((g) => g.contiguous()); // it reads memory in order, for all strides
    if (typeof scale === "number") scaleGrads(grads, scale);
    const known = [rateOf(lr, scale), beta1, beta2, weightDecay, eps, false, false] as const;
    update(params, grads, expAvgs, expAvgSqs, [], steps, ...known, ...deviceArguments(scale));
    kernels.changed_(params);
  };

export const adamUpdate = byLibtorch(fused.fusedAdam_);
const adamWByLibtorch = byLibtorch(fused.fusedAdamW_);

/** By this project's kernels one pass over memory, including the scaling of gradients. `onGpu` provides a GPU's. */
export const adamWUpdateBy =
  (onGpu: typeof fusableOnGpu): AdamUpdate =>
  (lists, scalars) => {
    const { params, grads, expAvgs, expAvgSqs, steps } = lists;
    const { lr, beta1, beta2, eps, weightDecay, scale } = scalars;
    const known = [params, grads, expAvgs, expAvgSqs, steps] as const;
    const constants = [beta1, beta2, eps, weightDecay] as const;
    if (typeof scale === "number") {
      if (fusable(...params)) return kernels.adamw_(...known, lr, ...constants, scale);
    } else if (onGpu([...params, ...grads])) {
      const rate = scale.lr ?? full([], lr, { device: scale.gradScale.device });
      return kernels.adamwOnDevice_(...known, rate, ...constants, scale.gradScale, scale.foundInf);
    }
    adamWByLibtorch(lists, scalars);
  };

export const adamWUpdate = adamWUpdateBy(fusableOnGpu);
