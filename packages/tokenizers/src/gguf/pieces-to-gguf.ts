import { specialIds } from "../added-tokens.js";
import type { NormalizerStep, SplitterSettings } from "../addon.js";
import { NO_TOKEN, type PieceDefinition } from "../piece-definition.js";
import type { PieceTokenizer } from "../piece.js";
import { MARK, PREFIX, WORDS } from "../piece-words.js";
import type { AddedToken } from "../tokenizer-json.js";
import { noGguf, tokenTypes, type GgufTokenizer } from "./gguf-tokenizer.js";
import { scoresOf } from "./scored-merges.js";

/**
 * A tokenizer.json of BPE over pieces, as Llama 2, Mistral and Gemma have it: SentencePiece's BPE to llama.cpp. Throws
 * UNSUPPORTED_BACKEND, naming what llama.cpp would do otherwise.
 */
export function piecesToGguf({ definition, specials, frame }: PieceTokenizer): Omit<GgufTokenizer, "addBos"> {
  const { encoder, added, tokens } = definition;
  const { model, normalizer } = encoder;
  if (!("merges" in model))
    throw noGguf(
      "its tokenizer.json is of pieces of text (unigram), and what can be written is BPE and SentencePiece's own tokenizer.model: one beside it is taken where the tokenizer.json is not there",
    );
  const special = specialIds(added);
  const found = added.filter(({ id }) => !special.has(id));
  const why = whyNot(definition) ?? whyNotFound(found, marksBeginningOnce(definition));
  if (why !== null) throw noGguf(`its tokenizer.json ${why}`);
  const types: number[] = tokens.map(() => tokenTypes.normal);
  for (const id of model.byteIds) types[id] = tokenTypes.byte;
  for (const { id } of found) types[id] = tokenTypes.userDefined;
  for (const id of special) types[id] = tokenTypes.control;
  if (model.unknown !== null) types[model.unknown] = tokenTypes.unknown;
  return {
    model: "llama",
    pre: null,
    tokens: Array.from(tokens, (token) => token ?? ""),
    types,
    scores: scoresOf({ tokens, merges: model.merges, foundBefore: new Set(found.map(({ id }) => id)) }),
    merges: null,
    ...specials,
    unk: model.unknown,
    bos: frame.before.at(-1) ?? specials.bos,
    normalizer: {
      addSpacePrefix: marksBeginningOnce(definition) || normalizer.some(marksBegin),
      removeExtraWhitespaces: false,
      charsmap: new Uint8Array(),
    },
  };
}

/** True if a text gets a mark before it only where it begins with none, and perhaps none after a special token (Metaspace). */
export const marksBeginningOnce = ({ encoder }: PieceDefinition): boolean => encoder.splitter.prefix !== PREFIX.never;

const marksSpaces = ({ type, pattern, content }: NormalizerStep) =>
  type === "Replace" && pattern === " " && content === MARK;
const marksBegin = ({ type, content }: NormalizerStep) => type === "Prepend" && content === MARK;

function whyNot(definition: PieceDefinition): string | null {
  const { encoder, tokens } = definition;
  const { model, normalizer, splitter } = encoder;
  const other = normalizer.find((step) => !marksSpaces(step) && !marksBegin(step));
  if (other !== undefined) return `normalizes texts (${other.type}), which llama.cpp's BPE over pieces does not`;
  const begins = normalizer.filter(marksBegin).length + (marksBeginningOnce(definition) ? 1 : 0);
  if (begins > 1) return `puts ${begins} marks before a text, and llama.cpp one`;
  const marked = normalizer.some(marksSpaces) || (splitter.spacesToMark && splitter.mark === MARK);
  if (!marked) return "leaves spaces as they are, which llama.cpp marks";
  return whyNotCut(splitter, tokens) ?? whyNotBytes(model);
}

function whyNotCut({ atWhiteSpace, words }: SplitterSettings, tokens: PieceDefinition["tokens"]): string | null {
  if (atWhiteSpace || words === WORDS.wordOrNot) return "cuts texts at white space, which llama.cpp does not";
  const within = words === WORDS.before ? tokens.find((token) => token !== undefined && token.includes(MARK, 1)) : null;
  return within ? `cuts texts before each mark, and llama.cpp would make ${JSON.stringify(within)}` : null;
}

function whyNotBytes(model: PieceDefinition["encoder"]["model"]): string | null {
  if (model.byteIds.length === 0 || model.byteIds.includes(NO_TOKEN))
    return "leaves characters unknown (no byte_fallback, or not all 256 bytes), where llama.cpp has bytes";
  return "wordIds" in model && model.wordIds.length > 0
    ? "takes words whole (ignore_merges), which llama.cpp does not"
    : null;
}

/** Added tokens that are found in every text: llama.cpp looks for the longer ones first, wherever they are. */
function whyNotFound(found: readonly AddedToken[], beginsOnce: boolean): string | null {
  const [first] = found;
  if (beginsOnce && first !== undefined)
    return `looks for ${JSON.stringify(first.content)} in every text, after which llama.cpp puts a mark and it does not (Metaspace)`;
  for (const { content, normalized, lstrip, rstrip, single_word } of found)
    if (normalized || lstrip || rstrip || single_word)
      return `looks for ${JSON.stringify(content)} in a way of its own (normalized, lstrip, rstrip or single_word)`;
  for (const { content: one } of found)
    for (const { content: longer } of found)
      if (longer.length >= one.length && clash(one, longer))
        return `looks for ${JSON.stringify(one)} and ${JSON.stringify(longer)}, of which llama.cpp takes the longer where both could be`;
  return null;
}

/** True if a text can hold `one` and, from within it on, `longer`. */
function clash(one: string, longer: string): boolean {
  for (let from = 1; from < one.length; from++) {
    const shared = one.slice(from);
    if (longer.startsWith(shared) && !(one + longer.slice(shared.length)).startsWith(longer)) return true;
  }
  return false;
}
