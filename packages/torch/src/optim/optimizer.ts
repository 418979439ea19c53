import { copyState } from "../copy-state.js";
import { assertRange, describe } from "../describe.js";
import { TorchError } from "../errors.js";
import { tensor } from "../create.js";
import { keep, noGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { foreachMul_ } from "./fused.js";

/** Factors of an update that only the device knows: the host continues without waiting for them. */
export interface DeviceScale {
  /** () float32: what gradients are multiplied by. */
  readonly gradScale: Tensor;
  /** () float32: where it is 1 parameters and state stay as they are, else 0. */
  readonly foundInf: Tensor;
  /** () float32: the learning rate, where an update is recorded and each replay has one of its own; AdamW alone reads it. */
  readonly lr?: Tensor | undefined;
}

/** Changes parameters by their gradients. Its state is tensors by name, in float32, that restore it to the bit. */
export interface Optimizer {
  lr: number;
  /** Changes the parameters by their gradients times `scale` (default 1), which is how clipping costs no pass of its own. */
  step(scale?: number | DeviceScale): void;
  zeroGrad(): void;
  /**
   * New tensors with the weights that are evaluated and used, of each parameter, where those are an average and not the
   * parameters themselves.
   */
  averages?(): Map<string, Tensor>;
  state(): Map<string, Tensor>;
  load(state: ReadonlyMap<string, Tensor>): void;
}

/** Refuses what cannot be optimized, as PyTorch does: no named parameters, a negative learning rate, a beta of 1. */
export function checkOptions(
  params: ReadonlyMap<string, Tensor>,
  options: { lr: number; weightDecay: number; eps?: number; betas?: readonly [number, number]; momentum?: number },
): void {
  if (!(params instanceof Map)) {
    throw new TorchError("ARGUMENT", `an optimizer takes a Map of named parameters, got ${describe(params)}`);
  }
  const { lr, weightDecay, eps = 0, betas = [0, 0], momentum = 0 } = options;
  for (const [name, value] of Object.entries({ lr, weightDecay, eps, momentum })) assertRange(name, value, 0, Infinity);
  for (const beta of betas) assertRange("betas", beta, 0, 1);
}

/** A parameter with a gradient, beside its place in the optimizer's lists. */
export interface Trained {
  param: Tensor;
  grad: Tensor;
  index: number;
}

/** The parameters that have a gradient now, as PyTorch's optimizers take them. */
export function trained(params: readonly Tensor[]): Trained[] {
  const list: Trained[] = [];
  for (const [index, param] of params.entries()) {
    const { grad } = param;
    if (grad !== null) list.push({ param, grad, index });
  }
  return list;
}

/** The arguments at the end of libtorch's fused updates, which divide by the scale. */
export const deviceArguments = (scale: number | DeviceScale): [gradDivisor?: Tensor, foundInf?: Tensor] =>
  typeof scale === "number" ? [] : [scale.gradScale.reciprocal(), scale.foundInf];

/** Multiplies gradients in place. */
export function scaleGrads(grads: readonly Tensor[], scale: number): void {
  if (scale !== 1 && grads.length > 0) foreachMul_(grads, tensor(scale));
}

export function zeroGrad(params: Iterable<Tensor>): void {
  for (const p of params) p.grad = null;
}

/** One tensor a parameter, that outlives the scope it is made in. */
export function perParam(params: readonly Tensor[], make: (p: Tensor) => Tensor): Tensor[] {
  return noGrad(() => params.map((p) => keep(make(p))));
}

/** Copies a saved state into the optimizer's own. */
export function restore(own: ReadonlyMap<string, Tensor>, state: ReadonlyMap<string, Tensor>): void {
  copyState("this is not a state of this optimizer", own, state);
}
