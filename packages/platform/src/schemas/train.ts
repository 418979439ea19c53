import { DEFAULT_SEQ_LEN, mixProblem, most, notInRequests, sourceWeight, TrainOptions } from "@trainer/options";
import { z } from "zod";
import { toJson } from "../json.js";
import { float, orNull, short, text, withDefault } from "./fields.js";
import { RunId, TokenizerIdOrBlank } from "./ids.js";
import type { IssueParams } from "./refusal.js";
import { UserId } from "./user-id.js";
import { someNames, wire, wireField, type Known } from "./wire.js";

/** Source of a request's text: a file of the file service, or one under the data root's `corpus` folder. */
export const corpusFields = {
  corpus_file_id: orNull(short(most.name)).describe("Of the file service. Either this or `corpus_path`."),
  corpus_path: orNull(text).describe("A file or folder in the `corpus` folder of the server's data."),
};

export interface CorpusFields {
  readonly corpus_file_id?: string | null | undefined;
  readonly corpus_path?: string | null | undefined;
  readonly corpus_paths?: readonly string[] | null | undefined;
  readonly corpus_weights?: readonly string[] | null | undefined;
}

/** The names of a request's texts: of the file service, or below the corpus folder. */
export const textsNamed = ({ corpus_file_id: id, corpus_path: path, corpus_paths: paths }: CorpusFields): string[] =>
  [paths ?? id ?? path ?? []].flat();

const { documentSeparator, corpusFormat, format, maxSeqLen, tokenizerMethod } = TrainOptions.shape;

/** Options of reading the text. */
export const readingFields = {
  ...wire({ corpusFormat, format }),
  text_field: orNull(short(most.name).trim().min(1, "must not be empty")).describe(
    "The field of records that has the text. Left out: text, content, body and others known for it, or the only one.",
  ),
  document_separator: withDefault(
    documentSeparator.unwrap().max(most.marker, `must have at most ${most.marker} characters`),
    documentSeparator.def.defaultValue,
  ).describe("The line that ends a document in plain text. auto: <|endoftext|>, </s> and others known for it."),
};

const params = (given: IssueParams) => ({ params: given });

/** Exactly one text, or several with a weight each. */
export function checkCorpus(
  { corpus_file_id: id = null, corpus_path: path = null, ...mix }: CorpusFields,
  ctx: z.RefinementCtx,
): void {
  const refuse = (message: string, given: IssueParams, field = "corpus_file_id") =>
    ctx.addIssue({ code: "custom", message, path: [field], ...params(given) });
  const { corpus_paths: paths = null, corpus_weights: weights = null } = mix;
  const message = paths && mixProblem(paths, weights ?? [], { weights: "corpus_weights" });
  if (paths !== null && (id !== null || path !== null))
    refuse("corpus_paths excludes corpus_path and corpus_file_id", { status: 422 }, "corpus_paths");
  else if (message !== null) refuse(message, {}, "corpus_weights");
  else if (paths !== null) return;
  else if (weights !== null) refuse("corpus_weights are those of corpus_paths", {}, "corpus_weights");
  else if (id !== null && path !== null)
    refuse("corpus_path and corpus_file_id are mutually exclusive", { status: 422 });
  else if (id === null && path === null) refuse("corpus_file_id is required", {});
  else if (id?.trim() === "") refuse("corpus_file_id must be non-empty", { code: "CORPUS_NOT_FOUND" });
  else if (path?.trim() === "") refuse("corpus_path must be non-empty", { code: "CORPUS_NOT_FOUND" });
}

const WEIGHTS = "must be numbers above 0, or two with a dash between: 0.3, 0.1-0.9";

/** Fields of a training request, without the user. */
export const trainFields = (known: Known = {}) => ({
  ...wire(TrainOptions.omit({ ...notInRequests, ...otherwise }).shape, known),
  ...wire(
    {
      tokenizerMethod: tokenizerMethod.describe(
        "in place of a tokenizer that is there already: the run first trains one on its own training split",
      ),
    },
    known,
  ),
  ...readingFields,
  ...corpusFields,
  corpus_paths: orNull(someNames).describe(
    "In place of `corpus_path`: several files or folders there, which are mixed by `corpus_weights`.",
  ),
  corpus_weights: orNull(
    someNames.refine((weights) => weights.every((text) => sourceWeight(text) !== null), WEIGHTS),
  ).describe(
    "The share of each of `corpus_paths` in what is trained on, by tokens and in any unit: 0.3, or 0.1-0.9, which goes from the first step to the last.",
  ),
  model_config: orNull(
    z.record(z.string(), z.union([z.number(), z.boolean()], "must be a number or a boolean")),
  ).describe("Dimensions and rates in place of the size's: those that GET /capabilities names for the family."),
  max_seq_len: wireField(
    maxSeqLen
      .unwrap()
      .unwrap()
      .default(DEFAULT_SEQ_LEN)
      .meta({
        ...maxSeqLen.meta(),
        description: "tokens of context; of a run that starts from another's weights they are that run's",
      }),
  ),
  max_seconds: orNull(float({ min: 1, max: most.seconds })).describe(
    "Seconds that the training takes, its evaluations too, in place of epochs; with `max_steps` the earlier end holds.",
  ),
  tokenizer_id: withDefault(TokenizerIdOrBlank, "").describe(
    "One whose training is completed. Left out: see `tokenizer_method`.",
  ),
  pretrained_run_id: orNull(RunId).describe("A run whose weights this one starts from."),
  teacher: orNull(RunId).describe("A run whose model this one learns from, beside the text."),
});

/** The options that a request asks for by another name or type: of the server it knows ids, not paths. */
const otherwise = {
  corpus: true,
  corpusWeights: true,
  corpusFileId: true,
  documentSeparator: true,
  textField: true,
  modelConfig: true,
  maxSeconds: true,
  maxSeqLen: true,
  tokenizer: true,
  pretrainedRunId: true,
  teacher: true,
  userId: true,
} as const;

/** POST /runs/train, of a server that knows these names; without them every name is taken. */
export const trainRequest = (known?: Known) =>
  z
    .strictObject({ ...trainFields(known), user_id: UserId.nullish().transform((given) => given ?? 0n) })
    .superRefine(checkCorpus)
    .meta({
      example: {
        model_family: "gpt2",
        model_size: "tiny",
        tokenizer_id: "tok-0123456789",
        corpus_path: "shakespeare.txt",
        max_seq_len: 128,
        num_epochs: 1,
        batch_size: 16,
      },
    });
export const TrainRequest = trainRequest();
export type TrainRequest = z.output<typeof TrainRequest>;

const fields = trainFields();
const Wrapped = z.strictObject({ newer: z.unknown() });

/** Settings out of what `keptSettings` wraps some in. */
export const unwrapped = (kept: unknown): unknown => {
  const { success, data } = Wrapped.safeParse(kept);
  return success ? data.newer : kept;
};

/**
 * The same without the user, as a job and a run's record keep it: whole, or as `keptSettings` has it. A field that this
 * version does not know is refused, for it would train something else.
 */
export const TrainSettings = z.preprocess(unwrapped, z.strictObject(fields).superRefine(checkCorpus));
export type TrainSettings = z.output<typeof TrainSettings>;

/**
 * Fields that every version knows. The first ones drop any other from a job without a word: a request that has more is
 * wrapped, which they refuse.
 */
const ALWAYS: ReadonlySet<string> = new Set([
  "model_family",
  "model_size",
  "model_config",
  "max_seq_len",
  "num_epochs",
  "max_steps",
  "max_seconds",
  "batch_size",
  "learning_rate",
  "corpus_file_id",
  "corpus_path",
  "corpus_format",
  "document",
  "document_separator",
  "special_tokens",
  "tokenizer_id",
  "tokenizer_method",
  "vocab_size",
  "min_frequency",
  "holdout_fraction",
  "test_split_ratio",
  "seed",
  "pretrained_run_id",
  "freeze_embed",
  "finetune_lr_cap",
  "gradient_clipping",
  "optimizer",
  "on_divergence",
  "device",
  "precision",
  "deterministic",
  "data_num_workers",
  "data_pin_memory",
  "early_stopping_patience",
  "eval_tokens",
  "sample_every",
]);

const usual: ReadonlyMap<string, unknown> = new Map(Object.entries(z.object(fields).parse({})));

/** Settings without the later fields that say what they always do: an earlier version may be the reader. */
export function saidSettings<S extends object>(settings: S): Partial<S>;
export function saidSettings(settings: object): object {
  const said = ([name, value]: [string, unknown]) => ALWAYS.has(name) || toJson(value) !== toJson(usual.get(name));
  return Object.fromEntries(Object.entries(settings).filter(said));
}

/** Settings for a job or a record. */
export function keptSettings(settings: TrainSettings): object {
  const kept = saidSettings(settings);
  return Object.keys(kept).every((name) => ALWAYS.has(name)) ? kept : { newer: kept };
}

export const TrainAccepted = z.object({ run_id: z.string(), job_id: z.string() });
export type TrainAccepted = z.output<typeof TrainAccepted>;
