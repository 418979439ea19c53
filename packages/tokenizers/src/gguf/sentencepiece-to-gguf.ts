import type { SentencePieceTokenizer } from "../sentencepiece.js";
import { noGguf, type GgufTokenizer } from "./gguf-tokenizer.js";
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
  switch (modelType) {
    case modelTypes.bpe: {
      const wrong = [
        ...(charsmap.length > 0 ? ["normalizes texts (--normalization-rule-name identity would not)"] : []),
        ...(removeExtraWhitespaces ? ["drops extra spaces (--no-remove-extra-whitespaces would not)"] : []),
        ...(byteFallback ? [] : ["has unknown characters (--byte-fallback would have bytes for them)"]),
      ];
      if (wrong.length === 0) return null;
      return `is a BPE that ${wrong.join(" and ")}, and llama.cpp's does otherwise; a unigram model (--model-type unigram) may`;
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
