import type { Tensor } from "../tensor.js";
import { Adam, type AdamOptions } from "./adam.js";
import { adamWUpdate } from "./adam-update.js";

/** AdamW (Loshchilov & Hutter 2019) as PyTorch defines it: weight decay shrinks the parameter, 0.01 by default. */
export class AdamW extends Adam {
  constructor(params: ReadonlyMap<string, Tensor>, options: AdamOptions = {}) {
    super(params, { weightDecay: 0.01, ...options }, adamWUpdate);
  }
}
