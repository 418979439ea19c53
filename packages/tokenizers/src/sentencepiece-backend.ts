import { dirname } from "node:path";
import type { TrainableBackend } from "./backend.js";
import { SentencePieceTokenizer } from "./sentencepiece.js";
import { trainSentencePiece } from "./train-sentencepiece.js";

const PIECES = 0x0a; // the tag of a ModelProto's first field, and of the first field of what it holds

export const sentencepiece: TrainableBackend = {
  /** A ModelProto begins with its pieces, and a piece with its text; JSON that begins with a line feed does not. */
  recognizes({ json, bytes }) {
    const afterLength = bytes.subarray(1).findIndex((byte) => byte < 0x80) + 2;
    return json === undefined && bytes[0] === PIECES && bytes[afterLength] === PIECES;
  },
  load: ({ bytes, path, config, beside }) =>
    new SentencePieceTokenizer(bytes, path, { config, beside, folder: dirname(path) }),
  // As with every method, a text too small for the vocabulary gives a smaller one.
  train({ unit: _unit, minFrequency: _least, specials: _specials, normalization: _form, sentencepiece, ...options }) {
    return trainSentencePiece({ hardVocabLimit: false, ...sentencepiece, ...options });
  },
};
