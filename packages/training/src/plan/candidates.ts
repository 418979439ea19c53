import { planModel } from "@trainer/models";
import { newModelSize } from "../model/model-size.js";
import { seqLenOf } from "../model/pretrained.js";
import { parseTrainOptions, type RunOptions, type TrainInput } from "../options/options.js";
import { effectiveBatchSize } from "../options/effective-batch-size.js";
import type { Compute } from "../step/precision.js";
import { optimizerFor, ratesFor, settingsFor } from "./rule.js";
import { withoutGiven, type Settings } from "./settings.js";
import { shapesOf, type Shape } from "./shapes.js";

/** A model that a plan may choose, and how it would be trained. */
export interface Candidate {
  /** Settings of it that the plan decides. */
  readonly decided: Settings;
  readonly options: RunOptions;
  readonly parameters: number;
  /** Parameters beside the embedding. */
  readonly body: number;
  /** Weights, gradients and the optimizer's state. */
  readonly weightBytes: number;
  readonly seqLen: number;
  readonly batchSize: number;
  /** Sequences and tokens of a whole step. */
  readonly tokensPerStep: number;
  /** Operations of a step, about. */
  readonly work: number;
}

interface Base {
  readonly input: TrainInput;
  readonly given: ReadonlySet<string>;
  readonly vocabSize: number;
  readonly compute: Compute;
}

/** Operations of Muon's iterations for each parameter and unit of width, in those of a step for a parameter and token. */
const MUON_WORK = 4;

/** The models to choose from, the smallest first; one alone where its size or a dimension was given. */
export function candidatesOf(base: Base): Candidate[] {
  const { input, given } = base;
  const isFixed = given.has("modelSize") || given.has("modelConfig");
  const { modelFamily, modelSize, modelConfig } = parseTrainOptions(input);
  const shapes = isFixed ? [{ modelSize, modelConfig }] : shapesOf(modelFamily);
  return shapes.map((shape) => candidateOf(shape, base)).toSorted((a, b) => a.weightBytes - b.weightBytes);
}

function candidateOf({ modelSize, modelConfig }: Shape, { input, given, vocabSize, compute }: Base): Candidate {
  const { device } = compute;
  const shape = { modelSize, modelConfig: { ...modelConfig, ...input.modelConfig } };
  const { modelSize: size, modelConfig: dimensions, ...chosen } = parseTrainOptions({ ...input, ...shape });
  const contextLength = seqLenOf(chosen, null);
  const { outline } = planModel(chosen.modelFamily, { size, dimensions, vocabSize, contextLength });
  const optimizer = given.has("optimizer") ? chosen.optimizer : optimizerFor(outline, device);
  const settings = { ...shape, optimizer, ...settingsFor(outline, device, optimizer), ...ratesFor(optimizer, outline) };
  // A rate that was given is that of all weights.
  const decided = withoutGiven(settings, given.has("learningRate") ? new Set([...given, "matrixLr"]) : given);
  const parsed = parseTrainOptions({ ...input, ...decided });
  const options = { ...parsed, maxSeqLen: seqLenOf(parsed, null) };
  const { modelFamily, batchSize: asked, gradAccumSteps } = options;
  const { parameters, weightBytes } = newModelSize(options, vocabSize);
  const { maxSeqLen: seqLen } = options;
  const batchSize = effectiveBatchSize(asked, device, modelFamily);
  const tokensPerStep = batchSize * gradAccumSteps * seqLen;
  const { width, layers } = outline;
  const body = parameters - vocabSize * width;
  const products = tokensPerStep * (parameters + 2 * layers * width * seqLen);
  return {
    decided,
    options,
    parameters,
    weightBytes,
    seqLen,
    batchSize,
    tokensPerStep,
    body,
    work: products + (optimizer === "muon" ? MUON_WORK * body * width : 0),
  };
}
