import { setImmediate } from "node:timers/promises";
import { vocabularyParameters } from "@trainer/models";
import { AdamW, keep, noGrad, tensor, type DeviceScale, type Tensor } from "@trainer/torch";
import { trainStep, type Stepper } from "../step/step.js";
import type { LiveRun } from "./live-run.js";

/**
 * Trains the rows of new tokens alone, before the run's first step, by as many steps as were asked for, on the batches
 * that its first steps have too. All other weights stay as they are, to the bit. False where there is nothing to train, or
 * the run was interrupted: it is then begun again.
 */
export async function trainNewRows(run: LiveRun): Promise<boolean> {
  const { options, context } = run.session;
  const { stepper, newTokens } = run.learner;
  const steps = options.trainNewRowsFirst;
  if (steps === 0 || newTokens === null || newTokens.length === 0) return false;
  const { loader } = run.data;
  const before = loader.state();
  using rows = new NewRows(stepper, newTokens, options.learningRate);
  for (let step = 1; step <= steps; step += 1) {
    if (context.signal?.aborted === true) return false;
    trainStep(rows.stepper, () => loader.next(), options.gradAccumSteps);
    await setImmediate(); // lets signals and other work in
  }
  loader.load(before);
  return true;
}

/** A step of which the rows of some tokens are all that is trained, in every parameter that has rows of tokens. */
class NewRows implements Disposable {
  readonly stepper: Stepper;
  readonly #adam: AdamWOfRows;
  readonly #isNew: Tensor; // (V) float32: 1 for a new token, else 0
  readonly #frozen: readonly Tensor[];

  constructor(whole: Stepper, newTokens: readonly number[], lr: number) {
    const { model } = whole;
    const names = vocabularyParameters(model);
    const params = new Map([...model.params.named()].filter(([name]) => names.has(name)));
    const trained = [...params.values()];
    this.#frozen = whole.params.filter((param) => !trained.includes(param));
    for (const param of this.#frozen) param.requiresGrad = false;
    const isNew = new Float32Array(model.vocabSize);
    for (const id of newTokens) isNew[id] = 1;
    this.#isNew = keep(tensor(isNew, [isNew.length], { device: model.head.device }));
    this.#adam = new AdamWOfRows(params, lr, this.#isNew);
    this.stepper = { ...whole, params: trained, optimizer: this.#adam, average: null };
  }

  [Symbol.dispose](): void {
    for (const param of this.#frozen) param.requiresGrad = true;
    for (const tensor of [this.#isNew, ...this.#adam.state().values()]) tensor.dispose();
  }
}

/** AdamW of some rows: without decay, a row whose gradients were all zero stays as it is. */
class AdamWOfRows extends AdamW {
  constructor(
    private readonly params: ReadonlyMap<string, Tensor>,
    lr: number,
    private readonly isTrained: Tensor, // (V)
  ) {
    super(params, { lr, weightDecay: 0 });
  }

  override step(scale?: number | DeviceScale): void {
    noGrad(() => {
      for (const { grad } of this.params.values())
        grad?.mul_(this.isTrained.reshape([-1, ...grad.shape.slice(1).map(() => 1)]));
    });
    super.step(scale);
  }
}
