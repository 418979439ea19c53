import { at } from "@trainer/disk";
import { tensor, zeros, zerosLike } from "../create.js";
import { assertRange } from "../describe.js";
import * as kernels from "../fused/kernels.js";
import { fusable } from "../fused/switch.js";
import { keep, noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import type { AdamOptions } from "./adam.js";
import * as fused from "./fused.js";
import {
  checkOptions,
  type DeviceScale,
  type Optimizer,
  perParam,
  restore,
  scaleGrads,
  trained,
  zeroGrad,
} from "./optimizer.js";

/** Numbers of a step, the same for all parameters. */
export interface ScheduleFreeScalars {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** √(1 - beta2^t). */
  readonly rootCorrection: number;
  /** Part of z that the average x takes in: c of the paper. */
  readonly weight: number;
}

/** One entry a parameter in each. */
export interface ScheduleFreeLists {
  readonly params: readonly Tensor[];
  readonly grads: readonly Tensor[];
  readonly zs: readonly Tensor[];
  readonly expAvgSqs: readonly Tensor[];
}

/**
 * Schedule-free AdamW (Defazio et al. 2024) as its authors' package has it: a constant learning rate after warm-up, and in
 * place of a decay an average x of the weights z that gradients move. Parameters hold y = beta1 x + (1 - beta1) z, of which
 * gradients are taken; what is evaluated and used is x, which `averages` makes. Warm-up is the caller's, by `lr`.
 */
export class ScheduleFreeAdamW implements Optimizer {
  lr: number;
  readonly #options: { readonly betas: readonly [number, number]; readonly eps: number; readonly weightDecay: number };
  readonly #names: readonly string[];
  readonly #params: readonly Tensor[];
  readonly #zs: readonly Tensor[];
  readonly #expAvgSqs: readonly Tensor[];
  /** (3) float64: steps, the highest learning rate so far, the sum of the averages' weights. */
  readonly #course: Tensor;

  constructor(params: ReadonlyMap<string, Tensor>, options: AdamOptions = {}) {
    const { lr = 2.5e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
    this.#options = { betas, eps, weightDecay };
    checkOptions(params, { lr, betas, eps, weightDecay });
    assertRange("betas", betas[0], Number.MIN_VALUE, 1); // without a share of x in y there is no way back to it
    this.lr = lr;
    this.#names = [...params.keys()];
    this.#params = [...params.values()];
    this.#zs = perParam(this.#params, (p) => zerosLike(p));
    this.#expAvgSqs = perParam(this.#params, (p) => zerosLike(p));
    this.#course = keep(zeros([3], { dtype: "float64" }));
  }

  step(scale: number | DeviceScale = 1): void {
    scope(() =>
      noGrad(() => {
        const list = trained(this.#params);
        if (list.length === 0 || (typeof scale === "object" && scale.foundInf.item() === 1)) return;
        const of = (state: readonly Tensor[]): Tensor[] => list.map(({ index }) => at(state, index));
        const [done = 0, highest = 0, sum = 0] = Array.from(this.#course.data(), Number);
        if (done === 0) for (const [i, z] of this.#zs.entries()) z.copy_(at(this.#params, i));
        const lrMax = Math.max(highest, this.lr);
        const added = lrMax ** 2;
        const weightSum = sum + added;
        const { betas, eps, weightDecay } = this.#options;
        const [beta1, beta2] = betas;
        const scalars = {
          lr: this.lr,
          beta1,
          beta2,
          eps,
          weightDecay,
          rootCorrection: Math.sqrt(1 - beta2 ** (done + 1)),
          weight: weightSum === 0 ? 0 : added / weightSum,
        };
        const params = list.map(({ param }) => param);
        const grads = list.map(({ grad }) => grad);
        update({ params, grads, zs: of(this.#zs), expAvgSqs: of(this.#expAvgSqs) }, scalars, scale);
        this.#course.copy_(tensor([done + 1, lrMax, weightSum], [3], { dtype: "float64" }));
      }),
    );
  }

  zeroGrad(): void {
    zeroGrad(this.#params);
  }

  /** x of each parameter: a new tensor. */
  averages(): Map<string, Tensor> {
    const [done] = Array.from(this.#course.data(), Number);
    const ends = done === 0 ? this.#params : this.#zs;
    const averages = noGrad(() => fused.foreachLerp(this.#params, ends, 1 - 1 / this.#options.betas[0]));
    return new Map(averages.map((x, i) => [at(this.#names, i), x]));
  }

  /** `z.<param>` and `exp_avg_sq.<param>`, and `course`: the tensors themselves, not copies. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>([["course", this.#course]]);
    for (const [i, t] of this.#zs.entries()) state.set(`z.${this.#names[i]}`, t);
    for (const [i, t] of this.#expAvgSqs.entries()) state.set(`exp_avg_sq.${this.#names[i]}`, t);
    return state;
  }

  load(state: ReadonlyMap<string, Tensor>): void {
    restore(this.state(), state);
  }
}

/** By this project's kernel one pass over memory, including the scaling of gradients. */
function update(lists: ScheduleFreeLists, scalars: ScheduleFreeScalars, scale: number | DeviceScale): void {
  const { params, grads, zs, expAvgSqs } = lists;
  const { lr, beta1, beta2, eps, weightDecay, rootCorrection, weight } = scalars;
  if (typeof scale === "number" && fusable(...params)) {
    const constants = [lr, beta1, beta2, eps, weightDecay, rootCorrection, weight] as const;
    kernels.scheduleFreeAdamw_(params, grads, zs, expAvgSqs, ...constants, scale);
    return;
  }
  if (typeof scale === "number") scaleGrads(grads, scale);
  for (const [i, y] of params.entries()) {
    const [g, z, v] = [at(grads, i), at(zs, i), at(expAvgSqs, i)];
    const grad = typeof scale === "number" ? g : g.mul(scale.gradScale);
    v.mul_(beta2).add_(grad.mul(grad).mul_(1 - beta2));
    const direction = grad.div(v.sqrt().div_(rootCorrection).add_(eps)).add_(y.mul(weightDecay));
    y.add_(z.sub(y).mul_(weight)).add_(direction.mul(lr * (beta1 * (1 - weight) - 1)));
    z.sub_(direction.mul_(lr));
  }
}
