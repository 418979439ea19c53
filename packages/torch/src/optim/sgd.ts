import { at } from "@trainer/disk";
import { zeros, zerosLike } from "../create.js";
import { changed_ } from "../fused/kernels.js";
import * as fused from "./fused.js";
import { noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import {
  checkOptions,
  deviceArguments,
  type DeviceScale,
  type Optimizer,
  perParam,
  restore,
  scaleGrads,
  type Trained,
  trained,
  zeroGrad,
} from "./optimizer.js";

export interface SgdOptions {
  lr?: number;
  momentum?: number;
  weightDecay?: number;
  dampening?: number;
  nesterov?: boolean;
}

/** Stochastic gradient descent with momentum as PyTorch defines it: a parameter's first gradient becomes its buffer. */
export class SGD implements Optimizer {
  lr: number;
  readonly #options: Required<SgdOptions>;
  readonly #names: readonly string[];
  readonly #params: readonly Tensor[];
  readonly #buffers: readonly Tensor[];
  readonly #started: readonly Tensor[]; // per parameter: 1 once its buffer holds a gradient

  constructor(params: ReadonlyMap<string, Tensor>, options: SgdOptions = {}) {
    const { lr = 1e-3, momentum = 0, weightDecay = 0, dampening = 0, nesterov = false } = options;
    this.#options = { lr, momentum, weightDecay, dampening, nesterov };
    checkOptions(params, { lr, momentum, weightDecay });
    this.lr = lr;
    this.#names = [...params.keys()];
    this.#params = [...params.values()];
    const held = momentum === 0 ? [] : this.#params;
    this.#buffers = perParam(held, (p) => zerosLike(p));
    this.#started = perParam(held, () => zeros([]));
  }

  step(scale: number | DeviceScale = 1): void {
    scope(() =>
      noGrad(() => {
        const list = trained(this.#params);
        if (typeof scale === "number") {
          const grads = list.map(({ grad }) => grad);
          scaleGrads(grads, scale);
        }
        const isFirst = ({ index }: Trained): boolean => this.#started[index]?.item() === 0;
        const first = list.filter(isFirst);
        const later = list.filter((t) => !isFirst(t));
        this.#update(first, true, scale);
        this.#update(later, false, scale);
        // Only with momentum, and once: whether the buffers hold a gradient now.
        if (first.length > 0 && typeof scale === "object" && scale.foundInf.item() === 1) return;
        for (const { index } of first) this.#started[index]?.fill_(1);
      }),
    );
  }

  #update(list: readonly Trained[], isFirstStep: boolean, scale: number | DeviceScale): void {
    if (list.length === 0) return;
    const { momentum, weightDecay, dampening, nesterov } = this.#options;
    const params = list.map(({ param }) => param);
    const grads = list.map(({ grad }) => grad.contiguous()); // it reads memory in order, for all strides
    const buffers = momentum === 0 ? [] : list.map(({ index }) => at(this.#buffers, index));
    const known = [weightDecay, momentum, this.lr, dampening, nesterov, false, isFirstStep] as const;
    fused.fusedSgd_(params, grads, buffers, ...known, ...deviceArguments(scale));
    changed_(params);
  }

  zeroGrad(): void {
    zeroGrad(this.#params);
  }

  /** `momentum_buffer.<param>` and `started.<param>`, none without momentum: the tensors themselves, not copies. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [i, t] of this.#buffers.entries()) state.set(`momentum_buffer.${this.#names[i]}`, t);
    for (const [i, t] of this.#started.entries()) state.set(`started.${this.#names[i]}`, t);
    return state;
  }

  load(state: ReadonlyMap<string, Tensor>): void {
    restore(this.state(), state);
  }
}
