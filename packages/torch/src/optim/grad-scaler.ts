import { full, zeros } from "../create.js";
import type { Device } from "../dtype.js";
import { TorchError } from "../errors.js";
import * as fused from "./fused.js";
import { keep, noGrad, scope } from "../scope.js";
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
  /** True after some steps with finite gradients: before that the scale is a guess. */
  calibrated: boolean;
}

interface OnDevice {
  readonly scale: Tensor; // () float32
  readonly growthTracker: Tensor; // () int32
}

/**
 * Loss scaling for float16 (Micikevicius et al. 2018) as PyTorch does it: the loss is scaled up so that small gradients do not
 * vanish; a step whose gradients are not finite is left out and the scale halved; after 2,000 good steps it doubles. Scale
 * and decisions are on the loss's device, and the host waits for none of them.
 */
export class GradScaler {
  readonly #options: Required<GradScalerOptions>;
  #state: Omit<GradScalerState, "calibrated">;
  #onDevice: OnDevice | null = null; // what holds in place of the state, once there was a loss
  #foundInf: Tensor | null = null; // null: the gradients of this step are still scaled
  /** Set by the training loop, once enough steps had finite gradients. */
  calibrated = false;

  constructor(options: GradScalerOptions = {}) {
    const { initScale = 65536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    this.#options = { initScale, growthFactor, backoffFactor, growthInterval };
    this.#state = { scale: initScale, growthTracker: 0 };
  }

  scale(loss: Tensor): Tensor {
    return loss.mul(this.#on(loss.device).scale);
  }

  /** Divides the gradients by the scale, before they are clipped. Once a step. */
  unscale_(params: Iterable<Tensor>): void {
    if (this.#foundInf !== null) {
      throw new TorchError(
        "ARGUMENT",
        "GradScaler: the gradients of this step are unscaled already; call update() after a step",
      );
    }
    this.#foundInf = this.#unscaled(params);
  }

  /** The optimizer's step, which is left out where a gradient is infinite or NaN. Unscales the gradients of `params` if that is still to do. */
  step(optimizer: Optimizer, params: Iterable<Tensor>): void {
    const foundInf = (this.#foundInf ??= this.#unscaled(params));
    scope(() => optimizer.step({ gradScale: full([], 1, { device: foundInf.device }), foundInf }));
  }

  /** Sets the scale for the next step, by whether this one was left out: () float32, 1 or 0. */
  update(foundInf: Tensor | null = this.#foundInf): void {
    if (foundInf !== null) {
      const { scale, growthTracker } = this.#on(foundInf.device);
      const { growthFactor, backoffFactor, growthInterval } = this.#options;
      fused.updateScale_(scale, growthTracker, foundInf, growthFactor, backoffFactor, growthInterval);
    }
    this.forget();
  }

  /** The gradients of this step are given up: those of the next are scaled again. */
  forget(): void {
    this.#foundInf?.dispose();
    this.#foundInf = null;
  }

  /** Waits for the device. */
  state(): GradScalerState {
    const { calibrated } = this;
    if (this.#onDevice === null) return { ...this.#state, calibrated };
    const { scale, growthTracker } = this.#onDevice;
    return { scale: scale.item(), growthTracker: growthTracker.item(), calibrated };
  }

  load({ scale, growthTracker, calibrated }: GradScalerState): void {
    this.#leaveDevice();
    this.#state = { scale, growthTracker };
    this.calibrated = calibrated;
    this.forget();
  }

  #unscaled(params: Iterable<Tensor>): Tensor {
    return scope(() =>
      noGrad(() => {
        const grads = [...params].map((p) => p.grad).filter((g) => g !== null);
        const device = grads[0]?.device ?? "cpu";
        const found = keep(zeros([], { device }));
        if (grads.length > 0) fused.unscaleAndCheck_(grads, found, this.#on(device).scale.reciprocal());
        return found;
      }),
    );
  }

  #on(device: Device): OnDevice {
    if (this.#onDevice !== null && this.#onDevice.scale.device !== device) {
      const { scale, growthTracker } = this.state();
      this.#leaveDevice();
      this.#state = { scale, growthTracker };
    }
    this.#onDevice ??= noGrad(() => ({
      scale: keep(full([], this.#state.scale, { device })),
      growthTracker: keep(full([], this.#state.growthTracker, { dtype: "int32", device })),
    }));
    return this.#onDevice;
  }

  #leaveDevice(): void {
    this.#onDevice?.scale.dispose();
    this.#onDevice?.growthTracker.dispose();
    this.#onDevice = null;
  }
}
