import { planModel } from "@trainer/models";
import { newModelSize } from "../model/model-size.js";
import { seqLenOf } from "../model/pretrained.js";
import { parseTrainOptions, type RunOptions, type TrainInput } from "../options/options.js";
import { effectiveBatchSize, type Compute } from "../step/precision.js";
import { settingsFor } from "./rule.js";
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

/** Settings that were fitted to AdamW: another optimizer keeps its own. */
const OF_ADAMW = new Set(["learningRate", "weightDecay", "beta2"]);

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
  const settings = withoutGiven({ ...shape, ...settingsFor(outline, device) }, given);
  const decided = chosen.optimizer === "adamw" ? settings : withoutGiven(settings, OF_ADAMW);
  const parsed = parseTrainOptions({ ...input, ...decided });
  const options = { ...parsed, maxSeqLen: seqLenOf(parsed, null) };
  const { modelFamily, batchSize: asked, gradAccumSteps } = options;
  const { parameters, weightBytes } = newModelSize(options, vocabSize);
  const { maxSeqLen: seqLen } = options;
  const batchSize = effectiveBatchSize(asked, device, modelFamily);
  const tokensPerStep = batchSize * gradAccumSteps * seqLen;
  const { width, layers } = outline;
  return {
    decided,
    options,
    parameters,
    weightBytes,
    seqLen,
    batchSize,
    tokensPerStep,
    body: parameters - vocabSize * width,
    work: tokensPerStep * (parameters + 2 * layers * width * seqLen),
  };
}
