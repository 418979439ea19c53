import { at } from "@trainer/disk";
import { z } from "zod";
import { frameOfFile } from "./frame.js";
import { corrupt, stepsOf, unsupported } from "./pipeline-json.js";
import { patternOf, patterns, type PatternName } from "./patterns.js";
import {
  type AddedToken,
  type BpeJson,
  BpeJson as BpeJsonSchema,
  ByteLevelStep,
  LARGEST_ID,
  DigitsStep,
  SplitStep,
  type Step,
  type TokenizerJson,
} from "./tokenizer-json.js";
import type { Frame } from "./tokenizer.js";

/** A validated tokenizer.json: only what the encoder never needs is ignored. */
export interface BpeDefinition {
  readonly vocab: Readonly<Record<string, number>>;
  /** Triples of left, right and resulting token, the first merge first. */
  readonly merges: Uint32Array;
  readonly pattern: PatternName;
  readonly nfc: boolean;
  readonly ignoreMerges: boolean;
  readonly fuseUnknown: boolean;
  readonly unknown: number | null;
  readonly added: readonly AddedToken[];
  /** Null or absent: it does not define begin and end tokens. */
  readonly frame?: Frame | null;
}

/** Checks a byte-level BPE tokenizer. Throws TOKENIZER_LOAD_FAILED, naming what is wrong or not supported. */
export function bpeDefinition(file: TokenizerJson): BpeDefinition {
  const model = modelOf(file);
  if (model.byte_fallback) throw unsupported("byte_fallback", "byte-level BPE has a token for every byte");
  checkLength(file);
  checkStep(file.decoder, "decoder", ["ByteLevel"]);
  return {
    vocab: model.vocab,
    merges: mergesOf(model),
    pattern: preTokenizerOf(file.pre_tokenizer ?? null),
    nfc: normalizerOf(file.normalizer ?? null),
    ignoreMerges: model.ignore_merges,
    fuseUnknown: model.fuse_unk,
    unknown: unknownOf(model),
    added: addedOf(file.added_tokens, model.vocab),
    frame: frameOfFile(file.post_processor),
  };
}

/** Refuses a file that cuts or fills up texts. */
export function checkLength(file: TokenizerJson): void {
  for (const field of ["truncation", "padding"] as const) {
    if (file[field] !== null && file[field] !== undefined) {
      throw unsupported(
        `"${field}" in a tokenizer.json`,
        "set it to null: the length of a text is its caller's business",
      );
    }
  }
}

/** The id of the token for what is unknown, if the model has one. */
export function unknownOf(model: BpeJson): number | null {
  if (typeof model.unk_token !== "string") return null;
  const id = idIn(model.vocab, model.unk_token);
  if (id === undefined) throw corrupt(`unk_token "${model.unk_token}" is not in the vocabulary`);
  return id;
}

/** Its own keys alone: a token may be called "constructor". */
const idIn = (vocab: BpeDefinition["vocab"], token: string): number | undefined =>
  Object.hasOwn(vocab, token) ? vocab[token] : undefined;

/** Checks the model of a BPE file, of any kind of symbols. */
export function modelOf(file: TokenizerJson): BpeJson {
  const parsed = BpeJsonSchema.safeParse(file.model);
  if (!parsed.success) throw corrupt(z.prettifyError(parsed.error));
  const model = parsed.data;
  if (model.dropout) throw unsupported(`BPE dropout (${model.dropout})`, "set it to null");
  for (const field of ["continuing_subword_prefix", "end_of_word_suffix"] as const) {
    if (model[field]) throw unsupported(`${field} "${model[field]}"`, "set it to null");
  }
  const used = new Set(Object.values(model.vocab));
  if (used.size < Object.keys(model.vocab).length) throw corrupt("two tokens of the vocabulary have the same id");
  return model;
}

/** The merges but for those that make one of these tokens. */
export const mergesWithout = (tokens: ReadonlySet<number>, merges: Uint32Array): Uint32Array =>
  merges.filter((_, i) => !tokens.has(at(merges, i - (i % 3) + 2)));

export function mergesOf(model: BpeJson): Uint32Array {
  const merges = new Uint32Array(model.merges.length * 3);
  const idOf = (token: string, rank: number) => {
    const id = idIn(model.vocab, token);
    if (id === undefined) throw corrupt(`merge ${rank} makes or takes "${token}", which is not in the vocabulary`);
    return id;
  };
  for (const [rank, merge] of model.merges.entries()) {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    const [left, right] = pair;
    if (left === undefined || right === undefined || pair.length !== 2) {
      throw corrupt(`merge ${rank} is "${pair.join(" ")}", not two tokens with a space between them`);
    }
    merges.set([idOf(left, rank), idOf(right, rank), idOf(left + right, rank)], rank * 3);
  }
  return merges;
}

function checkStep(step: Step | null | undefined, field: string, allowed: readonly string[]): void {
  if (step && !allowed.includes(step.type)) {
    throw unsupported(`the ${field} "${step.type}"`, `byte-level BPE can have ${allowed.join(", ")} or none`);
  }
}

function normalizerOf(step: Step | null): boolean {
  const steps = stepsOf(step, "normalizer", "normalizers");
  const other = steps.find(({ type }) => type !== "NFC");
  if (other) throw unsupported(`the normalizer "${other.type}"`, "NFC or none can be loaded");
  return steps.length > 0;
}

function preTokenizerOf(step: Step | null): PatternName {
  const steps = stepsOf(step, "pre_tokenizer", "pretokenizers");
  const byteLevel = steps.at(-1);
  if (byteLevel?.type !== "ByteLevel" || steps.length > 2) {
    const found = steps.map(({ type }) => type).join(", ") || "none";
    throw unsupported(`the pre_tokenizer (${found})`, "ByteLevel, alone or after Split or Digits, can be loaded");
  }
  const options = ByteLevelStep.safeParse(byteLevel);
  if (!options.success) throw corrupt(`ByteLevel: ${z.prettifyError(options.error)}`);
  if (options.data.add_prefix_space) throw unsupported("ByteLevel's add_prefix_space", "set it to false");
  const before = steps.length === 2 ? steps[0] : undefined;
  if (options.data.use_regex) {
    if (before === undefined) return "gpt2";
    if (before.type === "Digits") return patternOfDigits(before);
  }
  if (before === undefined || options.data.use_regex) {
    throw unsupported("this pre_tokenizer", "either ByteLevel splits (use_regex), or a Split before it");
  }
  return patternOfSplit(before);
}

function patternOfDigits(step: Step): PatternName {
  if (DigitsStep.safeParse(step).success) return "smollm";
  throw unsupported("Digits that are kept together", "before ByteLevel each must be by itself (individual_digits)");
}

function patternOfSplit(step: Step): PatternName {
  if (step.type !== "Split")
    throw unsupported(`the pre_tokenizer "${step.type}"`, "before ByteLevel only Split can be");
  const split = SplitStep.safeParse(step);
  if (!split.success) throw corrupt(`Split: ${z.prettifyError(split.error)}`);
  const { pattern, behavior, invert } = split.data;
  const regex = "Regex" in pattern ? pattern.Regex : undefined;
  const known = regex === undefined ? undefined : patternOf(regex);
  if (known === undefined) {
    const names = Object.keys(patterns).join(", ");
    throw unsupported(`the Split pattern ${JSON.stringify(pattern)}`, `there are lexers for those of ${names}`);
  }
  // The known patterns match every character, so keeping the matches and cutting around them are the same.
  if (behavior === "Isolated" || (behavior === "Removed" && invert)) return known;
  throw unsupported(`the Split behavior "${behavior}"`, "Isolated, or Removed with invert, can be loaded");
}

/** `strips`: may added tokens take white space beside them, or ask that none is within a word? */
export function addedOf(
  added: readonly AddedToken[],
  vocab: Readonly<Record<string, number>>,
  strips = false,
): AddedToken[] {
  const contentOf = new Map(Object.entries(vocab).map(([token, id]) => [id, token]));
  for (const token of added) {
    for (const field of ["single_word", "lstrip", "rstrip"] as const) {
      if (token[field] && !strips)
        throw unsupported(`"${field}" of the added token "${token.content}"`, "set it to false");
    }
    if (token.id > LARGEST_ID) throw corrupt(`the added token "${token.content}" has the id ${token.id}`);
    const before = contentOf.get(token.id) ?? token.content;
    const listed = idIn(vocab, token.content) ?? token.id;
    if (before !== token.content || listed !== token.id) {
      throw corrupt(`the added token "${token.content}" has the id ${token.id}, the vocabulary says otherwise`);
    }
    contentOf.set(token.id, token.content);
  }
  return added.filter(({ content }) => content !== "");
}
