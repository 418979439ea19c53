import { zeros, full } from "../create.js";
import { TorchError } from "../errors.js";
import * as fused from "./fused.js";
import { noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import type { Optimizer } from "./optimizer.js";

export interface GradScalerOptions {
  initScale?: number;
  growthFactor?: number;
  backoffFactor?: number;
  growthInterval?: number;
}

export interface GradScalerState {
  scale: number;
  growthTracker: number;
}

/**
 * Loss scaling for float16 (Micikevicius et al. 2018) as PyTorch does it: the loss is scaled up so that small gradients do not
 * vanish; a step whose gradients are not finite is left out and the scale halved; after 2,000 good steps it doubles.
 */
export class GradScaler {
  readonly #options: Required<GradScalerOptions>;
  #scale: number;
  #growthTracker = 0;
  #foundInf: boolean | null = null; // null: the gradients of this step are still scaled

  constructor(options: GradScalerOptions = {}) {
    const { initScale = 65536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    this.#options = { initScale, growthFactor, backoffFactor, growthInterval };
    this.#scale = initScale;
  }

  scale(loss: Tensor): Tensor {
    return loss.mul(this.#scale);
  }

  /** Divides the gradients by the scale, before they are clipped. Once a step. */
  unscale_(params: Iterable<Tensor>): void {
    if (this.#foundInf !== null) {
      throw new TorchError(
        "ARGUMENT",
        "GradScaler: the gradients of this step are unscaled already; call update() after a step",
      );
    }
    this.#foundInf = scope(() =>
      noGrad(() => {
        const grads = [...params].map((p) => p.grad).filter((g) => g !== null);
        const [first] = grads;
        if (first === undefined) return false;
        const found = zeros([], { device: first.device });
        fused.unscaleAndCheck_(grads, found, full([], 1 / this.#scale, { device: first.device }));
        return found.item() !== 0;
      }),
    );
  }

  /** The optimizer's step, unless a gradient is infinite or NaN. Unscales the gradients of `params` if that is still to do. */
  step(optimizer: Optimizer, params: Iterable<Tensor>): boolean {
    if (this.#foundInf === null) this.unscale_(params);
    if (this.#foundInf === true) return false;
    optimizer.step();
    return true;
  }

  /** Sets the scale for the next step. */
  update(): void {
    if (this.#foundInf === true) {
      this.#scale *= this.#options.backoffFactor;
      this.#growthTracker = 0;
    } else if (++this.#growthTracker >= this.#options.growthInterval) {
      this.#scale *= this.#options.growthFactor;
      this.#growthTracker = 0;
    }
    this.#foundInf = null;
  }

  state(): GradScalerState {
    return { scale: this.#scale, growthTracker: this.#growthTracker };
  }

  load(state: GradScalerState): void {
    this.#scale = state.scale;
    this.#growthTracker = state.growthTracker;
    this.#foundInf = null;
  }
}
