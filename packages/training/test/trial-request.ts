import type { TrialRequest } from "../src/batch-size/trial-request.js";
import { parseTrainOptions } from "../src/options/options.js";
import { toConfig } from "../src/options/wire-names.js";

/** Steps of a model that is as small as one can be. */
export const trialRequest: TrialRequest = {
  config: toConfig(parseTrainOptions({ corpus: "-", modelConfig: { nEmbd: 16, nLayer: 1, nHead: 2 } })),
  plugins: [],
  vocabSize: 300,
  maxSeqLen: 8,
  dimensionsFrom: null,
  teacherFrom: null,
  device: "cpu",
  precision: "fp32",
  memoryBytes: 2 ** 40,
};
