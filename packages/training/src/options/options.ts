import { contradiction, mixProblem, TrainOptions as OpenTrainOptions } from "@trainer/options";
import { dimensions, familyInfo, familyNames, isFamily } from "@trainer/models/capabilities";
import { isOptimizer, optimizerInfo, optimizerNames } from "@trainer/torch/capabilities";
import { isMethod, methodInfo, methodNames, type MethodName } from "@trainer/tokenizers/capabilities";
import { z } from "zod";
import { TrainingError } from "../errors.js";

const { modelFamily, optimizer } = OpenTrainOptions.shape;

const registered = (what: string, isKnown: (name: unknown) => boolean, names: () => readonly string[]) =>
  z.custom<string>(isKnown, {
    error: ({ input }) => `no ${what} "${String(input)}"; there are: ${names().join(", ")}`,
  });

/** The options with their names held to what is registered, and the dimensions of models to their bounds. */
export const TrainOptions = OpenTrainOptions.extend({
  modelFamily: registered("model", isFamily, familyNames).default(modelFamily.def.defaultValue),
  /** Dimensions, checked against the family once all options are known. */
  modelConfig: z.object(dimensions).catchall(z.unknown()).default({}),
  tokenizerMethod: registered("tokenizer", isMethod, methodNames).nullable().default(null),
  optimizer: registered("optimizer", isOptimizer, optimizerNames).default(optimizer.def.defaultValue),
});
export type TrainOptions = z.infer<typeof TrainOptions>;

/** Options of a run that has begun: what was left to it is decided. */
export type RunOptions = TrainOptions & {
  readonly maxSeqLen: number;
  /** Rule by which its corpus is split; default: the newest. */
  readonly splitVersion?: number;
};

/** Options before defaults are filled in. */
export type TrainInput = z.input<typeof OpenTrainOptions>;

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
  const { corpus, corpusFileId, holdoutFraction, optimizer, testSplitRatio } = parsed.data;
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
  const { corpusWeights } = parsed.data;
  const ofFile =
    corpusFileId === null ? null : "corpusWeights: a text of a file service is one, and mixed with no other";
  const mixed = corpusWeights && (ofFile ?? mixProblem(corpus, corpusWeights));
  if (mixed !== null) throw new TrainingError("INVALID_INPUT", `the options of the run are wrong: ${mixed}`);
  const message = contradiction(parsed.data, optimizerInfo(optimizer).averages === true);
  if (message !== null) throw new TrainingError("INVALID_INPUT", `the options of the run are wrong: ${message}`);
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

/** Method of a run's tokenizer, if it is trained. */
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
