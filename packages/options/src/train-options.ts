import { ID_RULE, isId } from "@trainer/disk/ids";
import { z } from "zod";
import { grouped } from "./presets.js";
import {
  corpusFormats,
  dedupChoices,
  curricula,
  devices,
  divergenceChoices,
  documents,
  formatChoices,
  lrDecayShapes,
  lrSchedules,
  precisionChoices,
  preferenceChoices,
} from "./choices.js";
import { distilling } from "./distilling.js";
import { Duration } from "./duration.js";
import { DocumentSeparator } from "./document-separator.js";
import { most } from "./most.js";
import { SourceWeightText } from "./source-weights.js";
import { specialTokens } from "./text-around.js";

const count = z.int().min(0);
const positive = z.int().min(1);
const fraction = z.number().min(0).max(0.5);
const rate = z.number().min(0);
const decay = z.number().min(0).lt(1);

/** Tokens of context, where neither a request nor pretrained weights say. */
export const DEFAULT_SEQ_LEN = 512;

const text = grouped("Text and tokenizer", {
  /** Files or folders of text. Of a run whose corpus has an id: where that lay. */
  corpus: z
    .union([
      z
        .string()
        .trim()
        .min(1)
        .transform((path) => [path]),
      z.array(z.string().trim().min(1)),
    ])
    .default([]),
  /** Of each of several texts; null: they are one, as long as they are. */
  corpusWeights: z
    .array(SourceWeightText)
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "share of each text in what is trained on, by tokens and in any unit: 0.3, or 0.1-0.9, which goes from the first step to the last; left out: the texts are one",
    ),
  /** In place of files: the text's id in a file service. */
  corpusFileId: z.string().trim().min(1).nullable().default(null),
  tokenizer: z
    .string()
    .trim()
    .min(1)
    .nullable()
    .default(null)
    .describe("id or path of a tokenizer; left out: one is trained on the corpus first"),
  tokenizerMethod: z.string().nullable().default(null).meta({
    description: "of the tokenizer to train; left out: char with char_lstm, else bpe",
    namesOf: "methods",
  }),
  vocabSize: positive.nullable().default(null).meta({
    description: "tokens of the tokenizer to train; left out: 1,024 to 32,768 by the size of the text",
    most: most.vocabSize,
  }),
  minFrequency: positive.default(2).describe("how often a pair must occur to become a token, with bpe"),
  specialTokens,
  document: z.enum(documents).default("line").describe("what a document is; each ends with [EOS]"),
  documentSeparator: DocumentSeparator.default("none").describe(
    "the line that ends a document in plain text; auto: <|endoftext|>, </s> and others known for it; none",
  ),
  corpusFormat: z.enum(corpusFormats).default("auto").meta({
    description:
      "how files are read: auto, by their names (one of the file service as plain text), chats by what is in them; text, as plain text whatever they are called; jsonl, JSON lines; csv, tsv, parquet, tables; srt, vtt, subtitles; ipynb, notebooks; html, pages; epub, e-books; mbox, mails; whatsapp, telegram, discord, exported chats; source, files of program code, each a document",
    flag: "as",
  }),
  format: z
    .enum(formatChoices)
    .default("text")
    .describe(
      "what records are: text; or conversations, of which the answers are learnt: messages, prompt-completion, alpaca, sharegpt, preference (the chosen answers); auto: by the fields of each",
    ),
  textField: z
    .string()
    .trim()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "the field of records that has the text; left out: text, content, body and others known for it, or the only one",
    ),
  dedup: z
    .enum(dedupChoices)
    .default("none")
    .describe(
      "what is done with documents that are copies: none, equal ones are on one side of a split; together, near copies too; exact, all but the first of equal ones are left out; near, all but the first of near ones",
    ),
  curriculum: z
    .enum(curricula)
    .default("none")
    .describe("order of the first epoch: none, at random; length, from short documents to long ones"),
  holdoutFraction: fraction.default(0.01).describe("part of the corpus that validation takes"),
  testSplitRatio: fraction.default(0.15).describe("part of the corpus that the final test takes"),
});

const model = grouped("Model", {
  modelFamily: z.string().default("gpt2").meta({ description: "the architecture", namesOf: "families", flag: "model" }),
  modelSize: z
    .string()
    .default("small")
    .meta({ description: "the dimensions, by the name of a size that the family has", flag: "size" }),
  /** Own dimensions and rates in place of the size's: those that the family has. */
  modelConfig: z.record(z.string(), z.unknown()).default({}).describe("dimensions and rates in place of the size's"),
});

const fineTuning = grouped("Fine-tuning", {
  pretrainedRunId: z
    .string()
    .trim()
    .min(1)
    .nullable()
    .default(null)
    .describe("run, or folder of Hugging Face weights, to start from"),
  freezeEmbed: z.boolean().default(false).describe("leave the token embedding as it is"),
  transferVocabulary: z
    .boolean()
    .default(false)
    .describe(
      "take any tokenizer in place of the pretrained model's: each row is the mean of the rows of its token's old pieces",
    ),
  trainNewRowsFirst: count.default(0).meta({
    description:
      "steps before the first, at the uncapped learning rate, in which only the rows of new tokens are trained, of a tokenizer that is not the model's; 0: none",
    most: most.steps,
  }),
  finetuneLrCap: rate.default(5e-5).describe("highest learning rate of a run that starts from other weights"),
  loraRank: count.default(0).meta({
    description: "train a low-rank adapter of so many columns and leave the weights; 0: the weights",
    most: most.loraRank,
  }),
  loraAlpha: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .meta({ description: "scales the adapter, over its rank; left out: twice the rank", needs: "loraRank" }),
  loraDropout: decay.default(0).meta({ description: "dropout of the adapter's input", needs: "loraRank" }),
  loraTargets: z.array(z.string().trim().min(1)).min(1).nullable().default(null).meta({
    description: "a layer that gets an adapter, by its name; left out: every one but the head",
    needs: "loraRank",
  }),
});

const training = grouped("Training", {
  /** Weights of another run can be trained on shorter sequences than their context; longer ones are refused. */
  maxSeqLen: z
    .int()
    .min(8)
    .nullable()
    .default(null)
    .meta({
      description: `tokens of context; left out: ${DEFAULT_SEQ_LEN}, or all that the pretrained model reads`,
      most: most.seqLen,
    }),
  batchSize: z
    .union([positive, z.literal("auto")])
    .default(4)
    .meta({ description: "sequences in a batch", auto: "as many as fit into memory", most: most.batchSize }),
  gradAccumSteps: positive
    .default(1)
    .meta({ description: "batches whose gradients make one step", most: most.batchSize }),
  preference: z
    .enum(preferenceChoices)
    .default("none")
    .describe(
      "what pairs of a chosen and a rejected answer teach: dpo, to prefer the chosen one more than the model did as it began; orpo, to write it and to prefer it; none: the chosen answers are learnt like any",
    ),
  preferenceBeta: z.number().positive().default(0.1).meta({
    description:
      "DPO's beta, the strength with which the model is held to what it was; ORPO's weight of the preference",
    needs: "preference",
  }),
  labelSmoothing: z.number().min(0).max(0.5).default(0).meta({
    description: "part of the pairs that dpo takes to be the wrong way round, 0 to 0.5 (conservative DPO)",
    needs: "preference",
  }),
  /** Positions begin anew with each document too. Otherwise a window is one text, as GPT-2 was trained. */
  maskDocuments: z.boolean().default(false).describe("keep documents that share a sequence from looking at each other"),
  activationCheckpointing: z
    .boolean()
    .default(false)
    .describe("less memory for about a third more time, the same numbers"),
  numEpochs: positive.default(1).meta({
    description: "times through the corpus; of weighted texts: as many tokens as all of them have together",
    most: most.epochs,
  }),
  maxSteps: positive
    .nullable()
    .default(null)
    .meta({ description: "steps in all, in place of epochs", most: most.steps }),
  maxSeconds: Duration.nullable().default(null).meta({
    description:
      "time that the training takes, its evaluations too, in place of epochs: 90s, 30m, 2h, or a number of seconds; with steps the earlier end holds",
    flag: "for",
  }),
  optimizer: z.string().default("adamw").meta({ description: "how the weights are moved", namesOf: "optimizers" }),
  muonMomentum: decay.default(0.95).describe("Muon's decay of the mean gradient"),
  nsSteps: positive.default(5).meta({ description: "Newton-Schulz iterations in a step of Muon", most: most.nsSteps }),
  matrixLr: rate
    .nullable()
    .default(null)
    .describe("learning rate of hidden matrices with muon, which follows the same schedule; left out: the others'"),
  learningRate: rate.default(5e-4).describe("how far the weights are moved in a step, at most"),
  lrSchedule: z.enum(lrSchedules).default("constant").describe("how the learning rate goes on after warm-up"),
  lrDecayFraction: z
    .number()
    .gt(0)
    .max(1)
    .default(0.2)
    .describe("part of all steps, the last, over which the learning rate falls with wsd"),
  lrDecayShape: z.enum(lrDecayShapes).default("1-sqrt").describe("how it falls there"),
  warmupSteps: count
    .default(0)
    .meta({ description: "steps over which the learning rate rises from 0", most: most.steps }),
  minLr: rate.default(0).describe("where a falling learning rate ends"),
  weightDecay: rate
    .nullable()
    .default(null)
    .describe("left out: 0.01 with adamw; with muon 0.1 of matrices and 0.01 of the rest; else 0"),
  beta1: decay.default(0.9).describe("Adam's decay of the mean gradient"),
  beta2: decay.default(0.999).describe("Adam's decay of the mean squared gradient"),
  gradientClipping: rate.default(1).describe("largest norm of a gradient; 0: any"),
  onDivergence: z
    .enum(divergenceChoices)
    .default("tell")
    .describe(
      "when the loss goes up and does not come back: tell, and end only where it is no number any more; stop; or rewind, go back to the last good checkpoint at half the learning rate, up to five times",
    ),
  zLoss: rate
    .default(0)
    .describe("adds so much of the squared log-sum-exp of the logits to the training loss, 1e-4 say; 0: none"),
  emaDecay: decay
    .default(0)
    .describe(
      "validate, test and use a moving average of the weights with this decay, 0.999 say; 0: the weights themselves",
    ),
  seqLenWarmupSteps: count.default(0).meta({
    description: "steps over which sequences grow from an eighth of their length, more of them in a batch; 0: none",
    most: most.steps,
  }),
  earlyStoppingPatience: positive
    .default(5)
    .meta({ description: "validations without a gain before the run ends", most: most.epochs }),
  seed: count.default(42).describe("of everything random: equal seeds give equal runs"),
});

const reports = grouped("Reports and checkpoints", {
  evalEvery: count.default(0).meta({ description: "validate every n steps; 0: after each epoch", most: most.steps }),
  evalTokens: count
    .default(0)
    .describe(
      "about how many tokens a validation, test or evaluation predicts, drawn by the seed; 0: all of the split",
    ),
  evaluate: z.boolean().default(true).meta({
    description: "evaluate the best weights at the end, with samples",
    negated: "end without the evaluation and its samples",
  }),
  verdict: z.boolean().default(true).meta({
    description: "say at the end what would help, and what gzip, zstd and n-grams make of the text",
    negated: "end without comparing the model with gzip, zstd and n-grams, and its samples with the text",
  }),
  drift: z
    .boolean()
    .default(false)
    .describe("say at the end how many bits a byte of the base's own held-out text takes, and took before"),
  sampleEvery: count.default(0).meta({
    description: "write texts of the model at fixed prompts every n steps; 0: at the end alone",
    most: most.steps,
  }),
  tensorboard: z.boolean().default(false).describe("write event files for TensorBoard into the run's folder"),
  logEvery: positive.default(10).meta({ description: "report every n steps", most: most.steps }),
  checkpointEvery: count.default(0).meta({ description: "save every n steps; 0: by time alone", most: most.steps }),
  checkpointMinutes: rate.default(5).describe("save every x minutes; 0: by steps alone"),
  keepCheckpoints: positive
    .default(2)
    .meta({ description: "how many checkpoints stay, beside the best", most: most.checkpoints }),
  keepFiles: z
    .boolean()
    .default(false)
    .describe(
      "on a server: keep the run's files when it is completed, so that it can be trained on, also where they would be removed once archived",
    ),
  /** Folder name under `models/`. */
  runId: z
    .string()
    .refine(isId, `must be ${ID_RULE}`)
    .nullable()
    .default(null)
    .describe("name of the run; left out: one is made up"),
});

const machine = grouped("Machine", {
  device: z.enum(devices).default("auto").describe("where to compute"),
  precision: z
    .enum(precisionChoices)
    .default("auto")
    .describe(
      "of the arithmetic; auto: fp16 on a GPU, fp32 on a CPU; bf16 also on a CPU whose AMX or AVX512_BF16 is faster than fp32; tf32: fp32 but for products, by the TF32 units of a GPU",
    ),
  deterministic: z
    .boolean()
    .default(false)
    .describe("on a GPU only algorithms that repeat to the bit, which takes longer; a CPU has no others"),
  threads: z
    .union([count, z.literal("auto")])
    .default(0)
    .meta({ description: "processor threads; 0: one a core", auto: "as many as other programs leave free now" }),
  dataNumWorkers: count.nullable().default(null).meta({
    description: "recorded for other clients; batches are prepared by the training thread",
    most: most.workers,
  }),
  dataPinMemory: z.boolean().nullable().default(null).meta({
    description: "recorded for other clients; without effect",
    negated: "the same, as false",
  }),
  /** A 64-bit id, in files a string of digits. */
  userId: z
    .union([z.bigint(), z.int(), z.string().regex(/^\d{1,20}$/, "must be a whole number")])
    .transform(BigInt)
    .refine((id) => id >= 0n && id < 2n ** 64n, "must be a 64-bit id, 0 or more")
    .default(0n)
    .describe("whom the manifest names as the owner"),
});

/** Options of a run. Names that a registry knows are open here, and checked where the registry is. */
export const TrainOptions = z.strictObject({
  ...text,
  ...model,
  ...fineTuning,
  ...distilling,
  ...training,
  ...reports,
  ...machine,
});

/** The options that a request over HTTP has no field for: a new option is one of a request's unless it is named here. */
export const notInRequests = {
  runId: true, // the API makes it
  threads: true, // whoever runs the worker says how many it has
} as const;
