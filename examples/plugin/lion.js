/** @import { DeviceScale, Optimizer, OptimizerOptions, Tensor } from "@trainer/torch" */
import { keep, noGrad, op, scope, zerosLike } from "@trainer/torch";

/** @type {(t: Tensor) => Tensor} */
const sign = op("aten::sign");

/**
 * Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms"): every number moves by the same amount, in the
 * direction of an average of its gradients. One moment a parameter, where Adam has two.
 *
 * @implements {Optimizer}
 */
export class Lion {
  /**
   * @param {ReadonlyMap<string, Tensor>} params
   * @param {OptimizerOptions} options
   */
  constructor(params, { lr, betas, weightDecay }) {
    this.lr = lr;
    this.betas = betas;
    this.weightDecay = weightDecay ?? 0.01;
    this.params = params;
    /** @type {Map<string, Tensor>} */
    this.moments = new Map();
    for (const [name, p] of params)
      this.moments.set(
        name,
        noGrad(() => keep(zerosLike(p))),
      );
  }

  /** @param {number | DeviceScale} [scale] */
  step(scale = 1) {
    const [beta1, beta2] = this.betas;
    scope(() =>
      noGrad(() => {
        // On a GPU the device alone knows whether the step is to be left out: then all is multiplied by 0.
        const kept = typeof scale === "number" ? 1 : scale.foundInf.logicalNot().to("float32");
        const factor = typeof scale === "number" ? scale : scale.gradScale;
        for (const [name, p] of this.params) {
          const moment = this.moments.get(name);
          if (p.grad === null || moment === undefined) continue;
          const grad = p.grad.mul(factor);
          const update = sign(moment.mul(beta1).add(grad, 1 - beta1)).add(p, this.weightDecay);
          p.sub_(update.mul(kept).mul(this.lr));
          moment.add_(
            grad
              .sub(moment)
              .mul(1 - beta2)
              .mul(kept),
          );
        }
      }),
    );
  }

  zeroGrad() {
    for (const p of this.params.values()) p.grad = null;
  }

  /** What a checkpoint keeps. */
  state() {
    return new Map([...this.moments].map(([name, moment]) => [`moment.${name}`, moment]));
  }

  /** @param {ReadonlyMap<string, Tensor>} state */
  load(state) {
    noGrad(() => {
      for (const [name, moment] of this.state()) {
        const saved = state.get(name);
        if (saved === undefined) throw new Error(`this is not a state of Lion: it has no ${name}`);
        moment.copy_(saved);
      }
    });
  }
}
