import * as fused from "./fused.js";
import type { Tensor } from "../tensor.js";
import { Adam, type AdamOptions } from "./adam.js";

/** AdamW (Loshchilov & Hutter 2019) as PyTorch defines it: weight decay shrinks the parameter, 0.01 by default. */
export class AdamW extends Adam {
  constructor(params: ReadonlyMap<string, Tensor>, options: AdamOptions = {}) {
    super(params, { weightDecay: 0.01, ...options }, fused.fusedAdamW_);
  }
}
