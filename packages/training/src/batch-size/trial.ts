import { readModelConfig } from "@trainer/models";
import { randint, scope, zeros } from "@trainer/torch";
import type { Batch } from "../bins/batch.js";
import { setArithmetic } from "../step/arithmetic.js";
import { learnerOf } from "../model/learner.js";
import { newModel, withAdapter } from "../model/make-model.js";
import { loadPlugins } from "../plugins/load-plugins.js";
import { loadPlugged } from "../model/load-plugged.js";
import { parseTrainOptions, type RunOptions } from "../options/options.js";
import { evaluateSplit } from "../step/evaluate-split.js";
import { trainStep } from "../step/step.js";
import { fromConfig } from "../options/wire-names.js";
import type { TrialRequest } from "./trial-request.js";

/** Steps like those of the requested run, on random tokens. */
export interface Trial {
  /** One optimizer step over so many batches, one by default; its milliseconds. */
  step(batchSize: number, batches?: number): number;
  /** The loss of a batch of sequences of so many tokens without training, as a validation has it. */
  evaluate(batchSize: number, tokens: number): Promise<void>;
}

export async function makeTrial(request: TrialRequest): Promise<Trial> {
  const { vocabSize, maxSeqLen, dimensionsFrom, teacherFrom, device, precision } = request;
  await loadPlugins(request.plugins, []);
  const options: RunOptions = { ...parseTrainOptions(fromConfig(request.config)), maxSeqLen };
  await loadPlugged(options);
  const stored = dimensionsFrom === null ? null : await readModelConfig(dimensionsFrom);
  const base = stored === null ? newModel(options, vocabSize, device) : stored.build({ device });
  const compute = { device, precision };
  setArithmetic(compute, options.deterministic); // for good: the process does nothing else
  const teacher = teacherFrom === null ? null : { model: (await readModelConfig(teacherFrom)).build({ device }) };
  const { model, stepper } = learnerOf(withAdapter(base, options), { options, compute }, teacher);
  const isPairs = options.preference !== "none";
  const batchOf = (batchSize: number, length: number): Batch => {
    const rows = isPairs ? 2 * batchSize : batchSize;
    const ids = () => randint(0, model.vocabSize, [rows, length], { device });
    const documents = options.maskDocuments ? { documents: zeros([rows, length], { dtype: "int64", device }) } : {};
    const pairs = isPairs ? { pairs: batchSize, reference: zeros([rows], { device }) } : {};
    return { inputs: ids(), targets: ids(), tokens: rows * length, ...documents, ...pairs };
  };
  return {
    step: (batchSize, batches = 1) =>
      scope(() => {
        const began = performance.now();
        trainStep(stepper, () => batchOf(batchSize, maxSeqLen), batches);
        return performance.now() - began;
      }),
    async evaluate(batchSize, length) {
      await evaluateSplit(model, { batches: 1, text: null, next: () => batchOf(batchSize, length) }, compute);
    },
  };
}
