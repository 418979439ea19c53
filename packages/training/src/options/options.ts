import { ID_RULE, isId } from "@trainer/disk";
import { dimensions, familyInfo, familyNames, isFamily, type FamilyName } from "@trainer/models/capabilities";
import { isOptimizer, optimizerNames } from "@trainer/torch/capabilities";
import { isMethod, methodInfo, methodNames, type MethodName } from "@trainer/tokenizers/capabilities";
import { z } from "zod";
import { CorpusFormat } from "../corpus/file-kinds.js";
import { DocumentSeparator } from "../corpus/document-separator.js";
import { TrainingError } from "../errors.js";
import { deviceChoices, precisionChoices } from "./compute-choices.js";
import { lrSchedules } from "./schedule.js";

const count = z.int().min(0);
const positive = z.int().min(1);
const fraction = z.number().min(0).max(0.5);
const rate = z.number().min(0);
const dropout = z.number().min(0).lt(1);

export const DEFAULT_SEQ_LEN = 512;

/** Own dimensions and rates in place of the size's: those that the family has, which is checked once all are known. */
const ModelDimensions = z.object(dimensions).catchall(z.unknown());

/**
 * What a run is asked to do: the fields of a train request in camelCase with its defaults and bounds, and what the
 * command line and the library have beyond them.
 */
export const TrainOptions = z.strictObject({
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
  /** In place of files: under which id a file service keeps the text. */
  corpusFileId: z.string().trim().min(1).nullable().default(null),
  /** What a document is; each is followed by [EOS]. */
  document: z.enum(["line", "paragraph", "file"]).default("line"),
  /** Where documents of plain text end besides: at this line; "auto": at the lines known for it; "none". */
  documentSeparator: DocumentSeparator.default("none"),
  /** How the files are read: by their names, or all as plain text or JSON lines. */
  corpusFormat: CorpusFormat.default("auto"),
  /** Folder name under `models/`; made up if not given. */
  runId: z.string().refine(isId, `must be ${ID_RULE}`).nullable().default(null),
  /** Do special tokens that the corpus spells become their ids? Otherwise they are text like any other. */
  specialTokens: z.boolean().default(false),
  /** A tokenizer's id, or the path of its file or folder; null: one is trained on the run's training split. */
  tokenizer: z.string().trim().min(1).nullable().default(null),
  /** How to train one: null: as suits the model. */
  tokenizerMethod: z.custom<MethodName>(isMethod, { error: noMethod }).nullable().default(null),
  /** Of the tokenizer to train; null: by the size of the corpus. */
  vocabSize: positive.nullable().default(null),
  minFrequency: positive.default(2),

  modelFamily: z.custom<FamilyName>(isFamily, { error: noFamily }).default("gpt2"),
  modelSize: z.string().default("small"),
  modelConfig: ModelDimensions.default({}),
  pretrainedRunId: z.string().trim().min(1).nullable().default(null),
  freezeEmbed: z.boolean().default(false),
  /** Columns of a low-rank adapter that is trained in place of the pretrained weights; 0: the weights themselves are. */
  loraRank: count.default(0),
  /** The adapter's output is scaled by this over the rank; null: twice the rank. */
  loraAlpha: z.number().positive().nullable().default(null),
  loraDropout: dropout.default(0),
  /** Names of the layers that get one; null: every linear layer but the head. */
  loraTargets: z.array(z.string().trim().min(1)).min(1).nullable().default(null),

  /**
   * Tokens of context. Not given, 512; of a run that starts from other weights, their context: those can be trained on
   * shorter sequences, but longer ones are refused. (Requests over HTTP always carry a length, which means nothing there.)
   */
  maxSeqLen: z.int().min(8).nullable().default(null),
  /** Sequences in a batch; "auto": as many as fit into memory. */
  batchSize: z.union([positive, z.literal("auto")]).default(4),
  gradAccumSteps: positive.default(1),
  /**
   * Tokens look only at those of their own document, and positions begin anew with each: a batch of many short documents
   * gives each what it has alone. Otherwise a window is one text, as GPT-2 was trained.
   */
  maskDocuments: z.boolean().default(false),
  /** Makes activations again in the backward pass: less memory, about a third more time, the same numbers. */
  activationCheckpointing: z.boolean().default(false),
  numEpochs: positive.default(1),
  /** Optimizer steps in all, in place of whole epochs. */
  maxSteps: positive.nullable().default(null),

  optimizer: z.custom<string>(isOptimizer, { error: noOptimizer }).default("adamw"),
  learningRate: rate.default(5e-4),
  finetuneLrCap: rate.default(5e-5),
  lrSchedule: z.enum(lrSchedules).default("constant"),
  warmupSteps: count.default(0),
  minLr: rate.default(0),
  /** null: 0.01 with adamw, else 0. */
  weightDecay: rate.nullable().default(null),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  /** The largest global gradient norm; 0: no clipping. */
  gradientClipping: rate.default(1),

  holdoutFraction: fraction.default(0.01),
  testSplitRatio: fraction.default(0.15),
  /** Validate every so many steps; 0: after each epoch. */
  evalEvery: count.default(0),
  /** About how many tokens a validation or test predicts, drawn by the seed; 0: all of the split. */
  evalTokens: count.default(0),
  /** Validations without improvement before the run ends. */
  earlyStoppingPatience: positive.default(5),

  /** Evaluate the best weights at the end, with samples, into the run's folder `eval`. */
  evaluate: z.boolean().default(true),

  logEvery: positive.default(10),
  /** Save every so many steps; 0: by time and at each best alone. */
  checkpointEvery: count.default(0),
  /** Save every so many minutes; 0: by steps and at each best alone. */
  checkpointMinutes: z.number().min(0).default(5),
  /** How many checkpoints to keep, beside the best. */
  keepCheckpoints: positive.default(2),

  seed: z.int().min(0).default(42),
  device: z.enum(deviceChoices).default("auto"),
  precision: z.enum(precisionChoices).default("auto"),
  /** On a GPU only algorithms that repeat to the bit; on a CPU there are no others. */
  deterministic: z.boolean().default(false),
  /** 0: as many as the machine has cores; "auto": as many as other programs leave free when the run begins. */
  threads: z.union([count, z.literal("auto")]).default(0),
  dataNumWorkers: count.nullable().default(null),
  dataPinMemory: z.boolean().nullable().default(null),
  /** Who began the run: a 64-bit id, in files a string of digits. */
  userId: z
    .union([z.bigint(), z.int(), z.string().regex(/^\d{1,20}$/, "must be a whole number")])
    .transform(BigInt)
    .refine((id) => id >= 0n && id < 2n ** 64n, "must be a 64-bit id, 0 or more")
    .default(0n),
});
export type TrainOptions = z.infer<typeof TrainOptions>;

/** Options of a run that has begun: what was left to it is decided. */
export type RunOptions = TrainOptions & { readonly maxSeqLen: number };

/** Options before defaults are filled in. */
export type TrainInput = z.input<typeof TrainOptions>;

/** Options that name what is registered: another installation may know more of them. */
const REGISTERED = new Set<unknown>(["modelFamily", "tokenizerMethod", "optimizer"]);

/** The options with their defaults, or a USER_INPUT error that names each field that is wrong. */
export function parseTrainOptions(input: unknown): TrainOptions {
  const parsed = TrainOptions.safeParse(input);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const wrong = issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
    const code = issues.some(({ path: [name] }) => REGISTERED.has(name)) ? "UNSUPPORTED_BACKEND" : "INVALID_INPUT";
    throw new TrainingError(code, `the options of the run are wrong: ${wrong.join("; ")}`);
  }
  const { corpus, corpusFileId, holdoutFraction, loraRank, pretrainedRunId, testSplitRatio } = parsed.data;
  if (corpus.length === 0 && corpusFileId === null) {
    const message =
      "corpus: name files or folders of text, or the id under which a file service keeps one (corpusFileId)";
    throw new TrainingError("INVALID_INPUT", `the options of the run are wrong: ${message}`);
  }
  if (holdoutFraction + testSplitRatio >= 1) {
    const message =
      "holdoutFraction and testSplitRatio: together they are all of the text, and nothing is left to train on";
    throw new TrainingError("INVALID_INPUT", `the options of the run are wrong: ${message}`);
  }
  if (loraRank > 0 && pretrainedRunId === null) {
    const message = "loraRank: an adapter changes a trained model; name one by pretrainedRunId";
    throw new TrainingError("INVALID_INPUT", message);
  }
  checkVocabSize(parsed.data);
  checkModel(parsed.data);
  return parsed.data;
}

/** Refuses a vocabulary too small for the method that is to make it. */
function checkVocabSize({ tokenizer, vocabSize, ...options }: TrainOptions): void {
  if (tokenizer !== null || vocabSize === null) return;
  const method = methodOf(options);
  const least = methodInfo(method).leastVocabSize;
  if (least === null || vocabSize >= least) return;
  const message = `vocabSize: ${vocabSize} is too small for ${method}, it must be ${least} or more`;
  throw new TrainingError("INVALID_INPUT", `the options of the run are wrong: ${message}`);
}

/** How the tokenizer of a run is made, where it is made. */
export const methodOf = ({
  tokenizerMethod,
  modelFamily,
}: Pick<TrainOptions, "tokenizerMethod" | "modelFamily">): MethodName =>
  tokenizerMethod ?? familyInfo(modelFamily)?.tokenizer ?? "bpe";

/** Refuses a size that the family does not have, and dimensions that it does not have or that do not fit each other. */
function checkModel({ modelFamily, modelSize, modelConfig }: TrainOptions): void {
  try {
    familyInfo(modelFamily)?.outline({ size: modelSize, dimensions: modelConfig });
  } catch (error) {
    const { code, message } = TrainingError.from(error);
    const refused = code === "INVALID_MODEL_SIZE" ? code : "INVALID_INPUT";
    throw new TrainingError(refused, message, { cause: error });
  }
}

function noFamily({ input }: { readonly input?: unknown }): string {
  return `no model "${String(input)}"; there are: ${familyNames().join(", ")}`;
}

function noOptimizer({ input }: { readonly input?: unknown }): string {
  return `no optimizer "${String(input)}"; there are: ${optimizerNames().join(", ")}`;
}

function noMethod({ input }: { readonly input?: unknown }): string {
  return `no tokenizer "${String(input)}"; there are: ${methodNames().join(", ")}`;
}
