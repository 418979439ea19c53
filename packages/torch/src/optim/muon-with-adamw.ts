import { assertRange } from "../describe.js";
import type { Tensor } from "../tensor.js";
import { AdamW } from "./adamw.js";
import { Muon } from "./muon.js";
import { type DeviceScale, type Optimizer, restore } from "./optimizer.js";

export interface MuonWithAdamWOptions {
  lr?: number;
  /** Learning rate of the matrices in relation to `lr`, whose schedule it follows. */
  matrixLrRatio?: number | undefined;
  betas?: readonly [number, number];
  /** Null: 0.1 of matrices and 0.01 of the rest, as PyTorch's Muon and AdamW have it. */
  weightDecay?: number | null;
  momentum?: number | undefined;
  nsSteps?: number | undefined;
}

/** Muon for the parameters named in `matrices`, AdamW for the rest: embeddings, head, norms, biases. */
export class MuonWithAdamW implements Optimizer {
  readonly #muon: Muon;
  readonly #adamW: AdamW;
  readonly #matrixLrRatio: number;

  constructor(params: ReadonlyMap<string, Tensor>, matrices: ReadonlySet<string>, options: MuonWithAdamWOptions = {}) {
    const { lr = 1e-3, matrixLrRatio = 1, betas = [0.9, 0.999], weightDecay = null, momentum, nsSteps } = options;
    assertRange("matrixLrRatio", matrixLrRatio, 0, Infinity);
    const of = (isMatrix: boolean) => new Map([...params].filter(([name]) => matrices.has(name) === isMatrix));
    this.#muon = new Muon(of(true), { lr: lr * matrixLrRatio, weightDecay: weightDecay ?? 0.1, momentum, nsSteps });
    this.#adamW = new AdamW(of(false), { lr, betas, weightDecay: weightDecay ?? 0.01 });
    this.#matrixLrRatio = matrixLrRatio;
  }

  get lr(): number {
    return this.#adamW.lr;
  }

  set lr(lr: number) {
    this.#adamW.lr = lr;
    this.#muon.lr = lr * this.#matrixLrRatio;
  }

  step(scale: number | DeviceScale = 1): void {
    this.#muon.step(scale);
    this.#adamW.step(scale);
  }

  zeroGrad(): void {
    this.#muon.zeroGrad();
    this.#adamW.zeroGrad();
  }

  /** Muon's state of matrices and AdamW's of the rest. */
  state(): Map<string, Tensor> {
    return new Map([...this.#muon.state(), ...this.#adamW.state()]);
  }

  load(state: ReadonlyMap<string, Tensor>): void {
    restore(this.state(), state);
  }
}
