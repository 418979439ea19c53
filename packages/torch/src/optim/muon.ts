import { at } from "@trainer/disk";
import { stack, where, zerosLike } from "../create.js";
import { describe } from "../describe.js";
import type { Device, DType } from "../dtype.js";
import { TorchError } from "../errors.js";
import { hasFastBf16 } from "../runtime.js";
import { noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import * as fused from "./fused.js";
import { orthogonalized } from "./newton-schulz.js";
import {
  checkOptions,
  type DeviceScale,
  type Optimizer,
  perParam,
  restore,
  scaleGrads,
  type Trained,
  trained,
  zeroGrad,
} from "./optimizer.js";

export interface MuonOptions {
  lr?: number | undefined;
  weightDecay?: number | undefined;
  momentum?: number | undefined;
  nesterov?: boolean | undefined;
  /** Newton-Schulz iterations. */
  nsSteps?: number | undefined;
  /** Type of their products; by default the faster one of the device. */
  nsDtype?: DType | undefined;
}

/** Numbers of the matrices that are orthogonalized at a time: they and what is made of them stay near the caches. */
const BATCH = 1 << 22;

/**
 * Muon (Jordan et al. 2024) as PyTorch defines it with `adjust_lr_fn="match_rms_adamw"`: the momentum of a matrix is made
 * orthogonal, and scaled by 0.2 √max(rows, cols), with which an update is about as large as AdamW's and takes its learning
 * rate and weight decay (Liu et al. 2025). Every parameter must be a matrix.
 */
export class Muon implements Optimizer {
  lr: number;
  readonly #options: { weightDecay: number; momentum: number; nesterov: boolean; nsSteps: number };
  readonly #nsDtype: DType | undefined;
  readonly #names: readonly string[];
  readonly #params: readonly Tensor[];
  readonly #buffers: readonly Tensor[];

  constructor(params: ReadonlyMap<string, Tensor>, options: MuonOptions = {}) {
    const { lr = 1e-3, weightDecay = 0.1, momentum = 0.95, nesterov = true, nsSteps = 5, nsDtype } = options;
    this.#options = { weightDecay, momentum, nesterov, nsSteps };
    checkOptions(params, { lr, weightDecay, betas: [momentum, 0] });
    if (!Number.isSafeInteger(nsSteps) || nsSteps < 1) {
      throw new TorchError("ARGUMENT", `nsSteps: expected a whole number of at least 1, got ${describe(nsSteps)}`);
    }
    for (const [name, p] of params) {
      if (p.ndim === 2) continue;
      throw new TorchError("SHAPE", `Muon moves matrices, and ${name} is (${p.shape}); give it to another optimizer`);
    }
    this.lr = lr;
    this.#nsDtype = nsDtype;
    this.#names = [...params.keys()];
    this.#params = [...params.values()];
    this.#buffers = perParam(this.#params, (p) => zerosLike(p));
  }

  step(scale: number | DeviceScale = 1): void {
    noGrad(() => {
      for (const group of groupsOf(trained(this.#params))) scope(() => this.#update(group, scale));
    });
  }

  #update(group: readonly Trained[], scale: number | DeviceScale): void {
    const { weightDecay, momentum, nesterov, nsSteps } = this.#options;
    const params = group.map(({ param }) => param);
    const buffers = group.map(({ index }) => at(this.#buffers, index));
    const grads = group.map(({ grad }, i) => (typeof scale === "number" ? grad : scaled(grad, at(buffers, i), scale)));
    if (typeof scale === "number") scaleGrads(grads, scale);
    fused.foreachLerp_(buffers, grads, 1 - momentum);
    const { shape, device } = at(params, 0);
    const dtype = this.#nsDtype ?? nsDtypeOf(device);
    const moved = stack(nesterov ? fused.foreachLerp(grads, buffers, momentum) : buffers);
    const update = orthogonalized(moved, nsSteps, dtype).to("float32");
    const rate = -this.lr * 0.2 * Math.sqrt(Math.max(...shape));
    const decay = 1 - this.lr * weightDecay;
    if (typeof scale === "number") {
      fused.foreachMulScalar_(params, decay);
      fused.foreachAddList_(params, fused.unbind(update), rate);
      return;
    }
    const counts = scale.foundInf.eq(0); // (): else parameters stay as they are
    for (const [i, p] of params.entries()) {
      p.copy_(where(counts, p.mul(decay).add(update.select(0, i), rate), p));
    }
  }

  zeroGrad(): void {
    zeroGrad(this.#params);
  }

  /** `momentum_buffer.<param>`: the tensors themselves, not copies. */
  state(): Map<string, Tensor> {
    return new Map(this.#buffers.map((t, i) => [`momentum_buffer.${this.#names[i]}`, t]));
  }

  load(state: ReadonlyMap<string, Tensor>): void {
    restore(this.state(), state);
  }
}

/** The faster type of products: bfloat16, but float32 on a processor where that is faster. */
export const nsDtypeOf = (device: Device, isFastOnCpu = hasFastBf16()): DType =>
  device === "cpu" && !isFastOnCpu ? "float32" : "bfloat16";

/** The scaled gradient; where it is not finite the buffer itself, towards which the buffer does not move. */
const scaled = (grad: Tensor, buffer: Tensor, { gradScale, foundInf }: DeviceScale): Tensor =>
  where(foundInf.eq(0), grad.mul(gradScale), buffer);

/** Parameters of equal shape together, as many as are of a batch's size. */
function groupsOf(list: readonly Trained[]): Trained[][] {
  const groups: Trained[][] = [];
  const open = new Map<string, Trained[]>();
  for (const each of list) {
    const { shape, numel } = each.param;
    const group = open.get(`${shape}`);
    if (group !== undefined && (group.length + 1) * numel <= BATCH) group.push(each);
    else {
      const begun = [each];
      groups.push(begun);
      open.set(`${shape}`, begun);
    }
  }
  return groups;
}
