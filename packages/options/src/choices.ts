// Lists that are closed: what else there may be is known where it is registered (model families, optimizers, tokenizers).

export const devices = ["cpu", "cuda", "auto"] as const;
export type DeviceChoice = (typeof devices)[number];

export const precisionChoices = ["fp32", "fp16", "bf16", "tf32", "auto"] as const;
export type PrecisionChoice = (typeof precisionChoices)[number];

/** Format of a model's weights for use. */
export const weightChoices = ["fp32", "bf16", "int8"] as const;
export type WeightChoice = (typeof weightChoices)[number];

export const lrSchedules = ["constant", "cosine", "linear", "wsd"] as const;
export type LrSchedule = (typeof lrSchedules)[number];

/** Treatments of a run whose loss goes up and does not come back. */
export const divergenceChoices = ["tell", "stop", "rewind"] as const;

/** The fall of the learning rate at the end of a schedule that is stable before it. */
export const lrDecayShapes = ["1-sqrt", "linear", "cosine"] as const;
export type LrDecayShape = (typeof lrDecayShapes)[number];

/** Orders of a run's first epoch. */
export const curricula = ["none", "length"] as const;
export type Curriculum = (typeof curricula)[number];

/** Kinds of documents in a corpus. */
export const documents = ["line", "paragraph", "file"] as const;

/** Treatments of documents of a training that are copies of others. */
export const dedupChoices = ["none", "together", "exact", "near"] as const;
export type DedupChoice = (typeof dedupChoices)[number];

/** Shapes of records that hold a conversation. */
export const conversationFormats = ["messages", "prompt-completion", "alpaca", "sharegpt", "preference"] as const;
export type ConversationFormat = (typeof conversationFormats)[number];

/** What is learnt from pairs of a better and a worse answer. */
export const preferenceChoices = ["none", "dpo", "orpo"] as const;
export type PreferenceChoice = (typeof preferenceChoices)[number];

/** Reading of records: as texts, or as conversations, by "auto" in the shape that each record has. */
export const formatChoices = ["text", "auto", ...conversationFormats] as const;
export type FormatChoice = (typeof formatChoices)[number];
export type ConversationChoice = Exclude<FormatChoice, "text">;

/** Format of files: by their names, or all in one format. */
export const corpusFormats = [
  "auto",
  "text",
  "jsonl",
  "csv",
  "tsv",
  "parquet",
  "srt",
  "vtt",
  "ipynb",
  "html",
  "epub",
  "mbox",
  "whatsapp",
  "telegram",
  "discord",
  "source",
] as const;
export type CorpusFormat = (typeof corpusFormats)[number];
