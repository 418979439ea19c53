import { families, familyNames } from "@trainer/models/capabilities";
import { methodNames } from "@trainer/tokenizers/capabilities";
import { optimizerNames } from "@trainer/torch/capabilities";
import { nearest, parseTrainOptions, precisionChoices, TrainOptions, type TrainInput } from "@trainer/training/options";
import { z } from "zod";
import { explain, UsageError } from "../process/errors.js";
import { SPECIAL_TOKENS, TEXT_FLAGS } from "./text-flags.js";

const sizes = [...families()].map(([name, family]) => `${name}: ${Object.keys(family.sizes).join(", ")}`);
const run = TrainOptions.shape;
const dimensions = run.modelConfig.unwrap().shape;

/**
 * What `trainer train` can be told: the fields of the library's options, flat, with a description each. The defaults
 * are the library's but for what suits somebody at a terminal: whole files as documents, and a model that a laptop
 * trains.
 */
export const TrainFlags = z.strictObject({
  tokenizer: run.tokenizer.describe("id or path of a tokenizer; left out: one is trained on the corpus first"),
  tokenizerMethod: z
    .enum(methodNames())
    .nullable()
    .default(null)
    .describe("of the tokenizer to train; left out: char with char_lstm, else bpe"),
  vocabSize: run.vocabSize.describe(
    "tokens of the tokenizer to train; left out: 1,024 to 32,768 by the size of the text",
  ),
  specialTokens: run.specialTokens.describe(SPECIAL_TOKENS),
  minFrequency: run.minFrequency.describe("how often a pair must occur to become a token"),
  document: run.document.unwrap().default("file").describe("what a document is; each ends with [EOS]"),
  ...TEXT_FLAGS,
  holdoutFraction: run.holdoutFraction.describe("part of the corpus that validation takes"),
  testSplitRatio: run.testSplitRatio.describe("part of the corpus that the final test takes"),

  model: z.enum(familyNames()).default("gpt2").describe("the architecture"),
  size: z
    .string()
    .default("tiny")
    .describe(`the dimensions (${sizes.join("; ")})`),
  dropout: dimensions.embdPdrop.describe("dropout everywhere, in place of the family's"),

  nLayer: dimensions.nLayer.describe("gpt2: layers"),
  nEmbd: dimensions.nEmbd.describe("gpt2: width"),
  nHead: dimensions.nHead.describe("gpt2: attention heads; they divide the width"),
  hiddenSize: dimensions.hiddenSize.describe("llama, qwen: width"),
  intermediateSize: dimensions.intermediateSize.describe("llama, qwen: width inside the feed-forward layer"),
  numHiddenLayers: dimensions.numHiddenLayers.describe("llama, qwen: layers"),
  numAttentionHeads: dimensions.numAttentionHeads.describe("llama, qwen: attention heads; they divide the width"),
  numKeyValueHeads: dimensions.numKeyValueHeads.describe("llama, qwen: keys and values that the heads share"),
  headDim: dimensions.headDim.describe("llama, qwen: width of a head"),
  ropeTheta: dimensions.ropeTheta.describe("llama, qwen: base of the rotary positions"),
  tieWordEmbeddings: dimensions.tieWordEmbeddings.meta({
    description: "llama, qwen: the head is the embedding",
    negated: "llama, qwen: the head has weights of its own",
  }),
  embedDim: dimensions.embedDim.describe("char_lstm: width of the embedding"),
  hiddenDim: dimensions.hiddenDim.describe("char_lstm: width of a layer"),
  numLayers: dimensions.numLayers.describe("char_lstm: layers"),

  pretrainedRunId: run.pretrainedRunId.describe("run, or folder of Hugging Face weights, to start from"),
  freezeEmbed: run.freezeEmbed.describe("leave the token embedding as it is"),

  loraRank: run.loraRank.describe("train a low-rank adapter of so many columns and leave the weights; 0: the weights"),
  loraAlpha: run.loraAlpha.describe("scales the adapter, over its rank; left out: twice the rank"),
  loraDropout: run.loraDropout.describe("dropout of the adapter's input"),
  loraTargets: run.loraTargets.describe("a layer that gets an adapter, by its name; left out: every one but the head"),

  maxSeqLen: run.maxSeqLen.describe("tokens of context; left out: 512, or all that the pretrained model reads"),
  batchSize: run.batchSize.describe("sequences in a batch; auto: as many as fit into memory"),
  gradAccumSteps: run.gradAccumSteps.describe("batches whose gradients make one step"),
  maskDocuments: run.maskDocuments.describe("keep documents that share a sequence from looking at each other"),
  activationCheckpointing: run.activationCheckpointing.describe(
    "less memory for about a third more time, the same numbers",
  ),
  numEpochs: run.numEpochs.describe("times through the corpus"),
  maxSteps: run.maxSteps.describe("steps in all, in place of epochs"),
  optimizer: z.enum(optimizerNames()).default("adamw").describe("how the weights are moved"),
  learningRate: run.learningRate.describe("how far, at most"),
  lrSchedule: run.lrSchedule.describe("how the learning rate goes on after warm-up"),
  warmupSteps: run.warmupSteps.describe("steps over which the learning rate rises from 0"),
  minLr: run.minLr.describe("where a falling learning rate ends"),
  finetuneLrCap: run.finetuneLrCap.describe("highest learning rate with --pretrained"),
  weightDecay: run.weightDecay.describe("left out: 0.01 with adamw, else 0"),
  beta1: run.beta1.describe("Adam's decay of the mean gradient"),
  beta2: run.beta2.describe("Adam's decay of the mean squared gradient"),
  gradientClipping: run.gradientClipping.describe("largest norm of a gradient; 0: any"),
  earlyStoppingPatience: run.earlyStoppingPatience.describe("validations without a gain before the run ends"),
  seed: run.seed.describe("of everything random: equal seeds give equal runs"),

  evalEvery: run.evalEvery.describe("validate every n steps; 0: after each epoch"),
  evalTokens: run.evalTokens
    .unwrap()
    .default(2_000_000)
    .describe(
      "about how many tokens a validation, test or evaluation predicts, drawn by the seed; 0: all of the split",
    ),
  evaluate: run.evaluate.describe("end without the evaluation and its samples"),
  logEvery: run.logEvery.describe("report every n steps"),
  checkpointEvery: run.checkpointEvery.describe("save every n steps; 0: by time alone"),
  checkpointMinutes: run.checkpointMinutes.describe("save every x minutes; 0: by steps alone"),
  keepCheckpoints: run.keepCheckpoints.describe("how many checkpoints stay, beside the best"),
  runId: run.runId.describe("name of the run; left out: one is made up"),
  resume: z.boolean().default(false).describe("go on with --run-id if it was begun before, else begin it"),

  upload: z
    .boolean()
    .default(false)
    .describe("send the run to the file service when it is completed; `trainer runs upload` does it later"),

  profile: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "time so many steps operator by operator, on a GPU by its own clock, and print where the time goes; later steps of the run may be slower",
    ),
  device: run.device.describe("where to compute"),
  precision: z
    .enum(precisionChoices)
    .nullable()
    .default(null)
    .describe("of the arithmetic; left out: bf16 on a GPU that has it, else as auto: fp16 on a GPU, fp32 on a CPU"),
  deterministic: run.deterministic.describe("on a GPU only algorithms that repeat to the bit, which takes longer"),
  threads: run.threads.describe("processor threads; 0: one a core; auto: as many as other programs leave free now"),
  dataNumWorkers: run.dataNumWorkers.describe(
    "recorded for other clients; batches are prepared by the training thread",
  ),
  dataPinMemory: run.dataPinMemory.meta({
    description: "recorded for other clients; without effect",
    negated: "the same, as false",
  }),
  userId: run.userId.describe("whom the manifest names as the owner"),
});
export type TrainFlags = z.output<typeof TrainFlags>;

/** The names that requests have for these options. */
export const TRAIN_ALIASES = { model: "model-family", size: "model-size", pretrainedRunId: "pretrained" } as const;

/** Headings of `trainer train --help`. */
export const TRAIN_GROUPS = {
  "Text and tokenizer:": [
    "tokenizer",
    "tokenizerMethod",
    "vocabSize",
    "minFrequency",
    "specialTokens",
    "document",
    "documentSeparator",
    "as",
    "holdoutFraction",
    "testSplitRatio",
  ],
  "Model:": ["model", "size", "dropout"],
  "Dimensions, in place of the size's:": [
    "nLayer",
    "nEmbd",
    "nHead",
    "hiddenSize",
    "intermediateSize",
    "numHiddenLayers",
    "numAttentionHeads",
    "numKeyValueHeads",
    "headDim",
    "ropeTheta",
    "tieWordEmbeddings",
    "embedDim",
    "hiddenDim",
    "numLayers",
  ],
  "Fine-tuning:": [
    "pretrainedRunId",
    "freezeEmbed",
    "finetuneLrCap",
    "loraRank",
    "loraAlpha",
    "loraDropout",
    "loraTargets",
  ],
  "Training:": [
    "maxSeqLen",
    "batchSize",
    "gradAccumSteps",
    "maskDocuments",
    "activationCheckpointing",
    "numEpochs",
    "maxSteps",
    "optimizer",
    "learningRate",
    "lrSchedule",
    "warmupSteps",
    "minLr",
    "weightDecay",
    "beta1",
    "beta2",
    "gradientClipping",
    "earlyStoppingPatience",
    "seed",
  ],
  "Reports and checkpoints:": [
    "evalEvery",
    "evalTokens",
    "evaluate",
    "logEvery",
    "checkpointEvery",
    "checkpointMinutes",
    "keepCheckpoints",
    "runId",
    "resume",
    "upload",
  ],
  "Machine:": [
    "device",
    "precision",
    "deterministic",
    "threads",
    "dataNumWorkers",
    "dataPinMemory",
    "profile",
    "userId",
  ],
} as const;

/** The options that are dimensions and rates of the model. */
export const DIMENSION_FLAGS: readonly string[] = [...TRAIN_GROUPS["Dimensions, in place of the size's:"], "dropout"];

/** @throws UsageError which names the sizes of the family that was chosen */
export function checkSize({ model, size }: Pick<TrainFlags, "model" | "size">): void {
  const names = [...families()].flatMap(([name, family]) => (name === model ? Object.keys(family.sizes) : []));
  if (names.includes(size)) return;
  const [near] = nearest(size, names, 1);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new UsageError(`--size: ${model} has no size "${size}"; there are: ${names.join(", ")}.${meant}`);
}

/** The same for the library. */
export function toTrainInput(corpus: readonly string[], flags: TrainFlags): TrainInput {
  checkSize(flags);
  const {
    resume: _resume,
    profile: _profile,
    upload: _upload,
    as: corpusFormat,
    model,
    size,
    dropout,
    precision,
    ...others
  } = flags;
  const entries = Object.entries({ ...others, corpusFormat, precision: precision ?? "auto" });
  const chosen = Object.fromEntries(entries.filter(([name]) => name in dimensions));
  const options = Object.fromEntries(entries.filter(([name]) => !(name in dimensions)));
  const dropouts = [...families()].flatMap(([name, family]) => (name === model ? family.dropouts : []));
  const rates = Object.fromEntries(dropouts.map((name) => [name, dropout]));
  return { ...options, modelFamily: model, modelSize: size, corpus: [...corpus], modelConfig: { ...chosen, ...rates } };
}

/** What the library would refuse is wrong use here. */
export function checkedOptions(input: TrainInput): TrainOptions {
  try {
    return parseTrainOptions(input);
  } catch (error) {
    throw new UsageError(explain(error).message);
  }
}
