import type { CausalLm } from "@trainer/models";
import type { Tokenizer } from "@trainer/tokenizers";
import type { RunOptions } from "../options/options.js";
import { objectiveOf } from "../preference/objectives.js";
import { distillation } from "../step/distillation.js";
import { makeOptimizer, trainable } from "../step/optimizer.js";
import { gradScaler, type Compute } from "../step/precision.js";
import type { Stepper } from "../step/step.js";
import { weightAverage } from "../step/weight-average.js";
import { disposeModel, makeModel, type ModelOf, type Origin, type RunModel } from "./make-model.js";
import type { Teacher } from "./teacher.js";
import type { TrainedWeights } from "./trained-weights.js";

/** A model with all that trains it; its own are weights, gradients and the optimizer's state. */
export interface Learner extends Disposable {
  readonly model: CausalLm;
  readonly weights: TrainedWeights;
  readonly stepper: Stepper;
  /** As of a `RunModel`. */
  readonly newTokens: readonly number[] | null;
  readonly keepsIds: boolean;
  /** Runs `body` with the weights that are evaluated and saved in the model: averages, where there are any. */
  asUsed<T>(body: () => Promise<T>): Promise<T>;
}

/** The run's model, as `makeModel` makes it, with what trains it. */
export const makeLearner = async (
  run: ModelOf,
  tokenizer: Tokenizer,
  origin: Origin & { readonly teacher?: Teacher | null },
): Promise<Learner> => learnerOf(await makeModel(run, tokenizer, origin), run, origin.teacher ?? null);

const taughtBy = (
  { model }: Pick<Teacher, "model">,
  { kdWeight: weight, kdTopK: topK, kdTemperature: temperature }: RunOptions,
) => distillation(model, { weight, topK, temperature });

/** A learner of a model that is there. Its learning rate is 0: each step of a plan has its own. */
export function learnerOf(
  { model, weights, newTokens = null, keepsIds = false }: RunModel,
  { options, compute }: { readonly options: RunOptions; readonly compute: Compute },
  teacher: Pick<Teacher, "model"> | null = null,
): Learner {
  const params = trainable(weights.params.named(), options.freezeEmbed);
  const optimizer = makeOptimizer(params, 0, options, model.head);
  const average = weightAverage(params, optimizer, options.emaDecay);
  const stepper: Stepper = {
    model,
    params: [...params.values()],
    optimizer,
    average,
    objective: teacher === null ? objectiveOf(options) : taughtBy(teacher, options),
    compute,
    gradientClipping: options.gradientClipping,
    scaler: gradScaler(compute),
    activationCheckpointing: options.activationCheckpointing,
  };
  return {
    model,
    weights,
    stepper,
    newTokens,
    keepsIds,
    asUsed: (body) => (average === null ? body() : average.during(body)),
    [Symbol.dispose]() {
      disposeModel(model);
      average?.[Symbol.dispose]();
      for (const tensor of [...weights.params.list(), ...stepper.optimizer.state().values()]) tensor.dispose();
    },
  };
}
