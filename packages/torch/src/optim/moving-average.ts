import { at } from "@trainer/disk";
import { assertRange } from "../describe.js";
import { noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import * as fused from "./fused.js";
import { perParam } from "./optimizer.js";

/**
 * An exponential moving average of weights (Polyak & Juditsky 1992), as PyTorch's `AveragedModel` has it with
 * `get_ema_multi_avg_fn(decay)`: the first update copies the weights, each later one moves the average a part 1 - `decay`
 * of the way to them.
 */
export class MovingAverage implements Disposable {
  readonly #params: ReadonlyMap<string, Tensor>;
  readonly #averages: readonly Tensor[];
  readonly #decay: number;
  #isBegun = false;

  constructor(params: ReadonlyMap<string, Tensor>, decay: number) {
    assertRange("decay", decay, 0, 1);
    this.#params = params;
    this.#decay = decay;
    this.#averages = scope(() => perParam([...params.values()], (p) => p.clone()));
  }

  /** Takes in the weights as they are now. */
  update(): void {
    if (!this.#isBegun) return this.load();
    scope(() => noGrad(() => fused.foreachLerp_(this.#averages, [...this.#params.values()], 1 - this.#decay)));
  }

  /** Goes on from averages that the parameters hold now; where none has begun, the next update is the first. */
  load(isBegun = true): void {
    noGrad(() => fused.foreachCopy_(this.#averages, [...this.#params.values()]));
    this.#isBegun = isBegun;
  }

  /** The averages by the parameters' names: the tensors themselves, not copies. */
  averages(): Map<string, Tensor> {
    return new Map([...this.#params.keys()].map((name, i) => [name, at(this.#averages, i)]));
  }

  [Symbol.dispose](): void {
    for (const t of this.#averages) t.dispose();
  }
}
