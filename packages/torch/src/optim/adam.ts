import { at } from "@trainer/disk";
import { zeros, zerosLike } from "../create.js";
import * as fused from "./fused.js";
import { noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { adamUpdate, type AdamUpdate } from "./adam-update.js";
import { checkOptions, type DeviceScale, type Optimizer, perParam, restore, trained, zeroGrad } from "./optimizer.js";

export interface AdamOptions {
  lr?: number;
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
}

/** Adam (Kingma & Ba 2015) as PyTorch defines it: weight decay is added to the gradient. All parameters in one fused call. */
export class Adam implements Optimizer {
  lr: number;
  readonly #options: Required<AdamOptions>;
  readonly #names: readonly string[];
  readonly #params: readonly Tensor[];
  readonly #expAvgs: readonly Tensor[];
  readonly #expAvgSqs: readonly Tensor[];
  readonly #steps: readonly Tensor[];
  readonly #update: AdamUpdate;

  constructor(params: ReadonlyMap<string, Tensor>, options: AdamOptions = {}, update: AdamUpdate = adamUpdate) {
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
    this.#options = { lr, betas, eps, weightDecay };
    checkOptions(params, { lr, betas, eps, weightDecay });
    this.lr = lr;
    this.#update = update;
    this.#names = [...params.keys()];
    this.#params = [...params.values()];
    this.#expAvgs = perParam(this.#params, (p) => zerosLike(p));
    this.#expAvgSqs = perParam(this.#params, (p) => zerosLike(p));
    this.#steps = perParam(this.#params, (p) => zeros([], { device: p.device }));
  }

  step(scale: number | DeviceScale = 1): void {
    scope(() =>
      noGrad(() => {
        const list = trained(this.#params);
        const of = (state: readonly Tensor[]): Tensor[] => list.map(({ index }) => at(state, index));
        const steps = of(this.#steps);
        if (steps.length === 0) return;
        if (typeof scale === "number") fused.foreachAddScalar_(steps, 1);
        else fused.foreachAdd_(steps, scale.foundInf.neg().add(1)); // an update that is left out does not count
        const { betas, eps, weightDecay } = this.#options;
        const [beta1, beta2] = betas;
        this.#update(
          {
            params: list.map(({ param }) => param),
            grads: list.map(({ grad }) => grad),
            expAvgs: of(this.#expAvgs),
            expAvgSqs: of(this.#expAvgSqs),
            steps,
          },
          { lr: this.lr, beta1, beta2, eps, weightDecay, scale },
        );
      }),
    );
  }

  zeroGrad(): void {
    zeroGrad(this.#params);
  }

  /** `exp_avg.<param>`, `exp_avg_sq.<param>` and `step.<param>`: the tensors themselves, not copies. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    const put = (kind: string, tensors: readonly Tensor[]): void => {
      for (const [i, t] of tensors.entries()) state.set(`${kind}.${this.#names[i]}`, t);
    };
    put("exp_avg", this.#expAvgs);
    put("exp_avg_sq", this.#expAvgSqs);
    put("step", this.#steps);
    return state;
  }

  load(state: ReadonlyMap<string, Tensor>): void {
    restore(this.state(), state);
  }
}
