import type { SentencePieceTokenizer } from "../sentencepiece.js";
import { noGguf, tokenTypes, type GgufTokenizer } from "./gguf-tokenizer.js";
import { modelTypes, readSentencePiece, type SentencePieceModel } from "./sentencepiece-model.js";

/** A SentencePiece model. Throws UNSUPPORTED_BACKEND, naming what llama.cpp would do otherwise. */
export function sentencePieceToGguf({ model, specials, frame }: SentencePieceTokenizer): Omit<GgufTokenizer, "addBos"> {
  const read = readSentencePiece(model);
  const why = whyNot(read);
  if (why !== null) throw noGguf(`its SentencePiece tokenizer ${why}`);
  const { pieces, modelType, charsmap, addDummyPrefix, removeExtraWhitespaces } = read;
  return {
    model: modelType === modelTypes.bpe ? "llama" : "t5",
    pre: null,
    tokens: pieces.map(({ piece }) => piece),
    types: pieces.map(({ type }) => type),
    scores: pieces.map(({ score }) => score),
    merges: null,
    ...specials,
    bos: frame.before.at(-1) ?? specials.bos,
    normalizer: { addSpacePrefix: addDummyPrefix, removeExtraWhitespaces, charsmap },
  };
}

function whyNot(model: SentencePieceModel): string | null {
  const { modelType, byteFallback, charsmap, addDummyPrefix, removeExtraWhitespaces } = model;
  if (model.whitespaceAsSuffix) return "marks the end of words (treat_whitespace_as_suffix), which llama.cpp does not";
  if (!model.escapeWhitespaces) return "does not mark spaces (escape_whitespaces), which llama.cpp always does";
  if (model.denormalizes) return "has rules for decoded text (denormalization), which llama.cpp does not apply";
  const userDefined = model.pieces.some(({ type }) => type === tokenTypes.userDefined);
  if (userDefined && (addDummyPrefix || removeExtraWhitespaces))
    return "has user-defined pieces, after each of which llama.cpp begins a text anew (add_dummy_prefix, remove_extra_whitespaces)";
  switch (modelType) {
    case modelTypes.bpe: {
      const wrong = [
        ...(charsmap.length > 0 ? ["normalizes texts (normalization_rule_name)"] : []),
        ...(removeExtraWhitespaces ? ["drops extra spaces (remove_extra_whitespaces)"] : []),
        ...(byteFallback ? [] : ["leaves characters unknown (no byte_fallback)"]),
      ];
      if (wrong.length === 0) return null;
      return `is a BPE that ${wrong.join(" and ")}, which llama.cpp's does not do; one of --model-type unigram can be written`;
    }
    case modelTypes.unigram:
      if (byteFallback)
        return "is a unigram model with bytes for unknown characters (byte_fallback), which llama.cpp has not";
      if (removeExtraWhitespaces && !addDummyPrefix)
        return "drops extra spaces and puts none before a text (add_dummy_prefix), where llama.cpp puts one";
      return null;
    default:
      return "is of whole words or of characters (model_type), and llama.cpp has bpe and unigram";
  }
}
