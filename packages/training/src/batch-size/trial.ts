import { readModelConfig } from "@trainer/models";
import { randint, scope, zeros } from "@trainer/torch";
import { setArithmetic } from "../step/arithmetic.js";
import { learnerOf } from "../model/learner.js";
import { newModel, withAdapter } from "../model/make-model.js";
import { loadPlugins } from "../plugins/load-plugins.js";
import { loadPlugged } from "../model/load-plugged.js";
import { parseTrainOptions, type RunOptions } from "../options/options.js";
import { trainStep } from "../step/step.js";
import { fromConfig } from "../options/wire-names.js";
import type { SearchRequest } from "./search-request.js";

/** Steps like those of the requested run, on random tokens. */
export interface Trial {
  /** One optimizer step; its milliseconds. */
  step(batchSize: number): number;
}

export async function makeTrial(request: SearchRequest): Promise<Trial> {
  const { vocabSize, maxSeqLen, dimensionsFrom, device, precision } = request;
  await loadPlugins(request.plugins, []);
  const options: RunOptions = { ...parseTrainOptions(fromConfig(request.config)), maxSeqLen };
  await loadPlugged(options);
  const stored = dimensionsFrom === null ? null : await readModelConfig(dimensionsFrom);
  const base = stored === null ? newModel(options, vocabSize, device) : stored.build({ device });
  const compute = { device, precision };
  setArithmetic(compute, options.deterministic); // for good: the process does nothing else
  const { model, stepper } = learnerOf(withAdapter(base, options), { options, compute });
  return {
    step: (batchSize) =>
      scope(() => {
        const ids = () => randint(0, model.vocabSize, [batchSize, maxSeqLen], { device });
        const documents = options.maskDocuments
          ? { documents: zeros([batchSize, maxSeqLen], { dtype: "int64", device }) }
          : {};
        const began = performance.now();
        trainStep(stepper, () => ({ inputs: ids(), targets: ids(), tokens: batchSize * maxSeqLen, ...documents }));
        return performance.now() - began;
      }),
  };
}
