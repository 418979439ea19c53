import { optionFacts, type OptionFacts } from "@trainer/options";
import { TokenizerTrainRequest } from "@trainer/platform/browser";
import { ApiError } from "../../api/ask.js";
import { capitalized } from "../../parts/words.js";

/** An option of the training of a tokenizer. */
export interface TrainField {
  readonly name: string;
  readonly title: string;
  readonly facts: OptionFacts;
}

const { shape } = TokenizerTrainRequest;
const field = (name: keyof typeof shape, title: string): TrainField => ({
  name,
  title,
  facts: optionFacts(shape[name]),
});

/** Those that are asked first. */
export const mainFields = [
  field("corpus_path", "Text"),
  field("base_tokenizer_id", "Extend"),
  field("method", "Method"),
  field("vocab_size", "Vocabulary size"),
  field("add_tokens", "Tokens to add"),
];

/** The names of those that are not asked: `isSized` where a size can be chosen, `hasBase` where there is one to extend. */
export function unasked(
  texts: Texts,
  { isSized, hasBase }: { readonly isSized: boolean; readonly hasBase: boolean },
): ReadonlySet<string> {
  if ((texts["base_tokenizer_id"] ?? "") !== "") return new Set(["method", "vocab_size"]);
  return new Set(["add_tokens", ...(isSized ? [] : ["vocab_size"]), ...(hasBase ? [] : ["base_tokenizer_id"])]);
}

/** All others, but for ids of the file service: people give that a text by its name. */
export const moreFields = [
  field("min_frequency", "Least frequency"),
  field("document", "Document"),
  field("document_separator", "Line that ends a document"),
  field("corpus_format", "Format of the files"),
  field("format", "Texts or conversations"),
  field("text_field", "Field with the text"),
  field("holdout_fraction", "Part kept apart"),
  field("seed", "Seed"),
];

const fields = [...mainFields, ...moreFields];

/** What is written in the fields, by their names; "" or nothing is the default. */
export type Texts = Readonly<Record<string, string>>;

/** The request that they make: what differs from the defaults. */
export const requestOf = (texts: Texts): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    fields.flatMap(({ name, facts }) => {
      const text = (texts[name] ?? "").trim();
      return text === "" ? [] : [[name, facts.kind === "integer" || facts.kind === "number" ? Number(text) : text]];
    }),
  );

/** What is wrong with them, by their names; `leastVocabSize` is that of the method. */
export function refusalsOf(texts: Texts, leastVocabSize: number | null): ReadonlyMap<string, string> {
  const request = requestOf(texts);
  const issues = TokenizerTrainRequest.safeParse(request).error?.issues ?? [];
  const refusals = new Map(issues.map(({ path: [name], message }) => [String(name), `${message}.`]));
  if (refusals.delete("corpus_file_id")) refusals.set("corpus_path", "Name a text to train on.");
  const size = request["vocab_size"];
  if (leastVocabSize !== null && typeof size === "number" && size < leastVocabSize)
    refusals.set("vocab_size", `must be >= ${leastVocabSize}.`);
  return new Map([...refusals].map(([name, text]) => [name, capitalized(text)]));
}

/** The field that the service refused, of which its message speaks first; null for all else. */
export function refusedField(error: Error | null): string | null {
  if (!(error instanceof ApiError) || error.isUnreachable) return null;
  return fields.find(({ name }) => error.message.startsWith(name))?.name ?? null;
}
