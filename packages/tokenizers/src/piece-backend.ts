import type { TokenizerBackend } from "./backend.js";
import { parseTokenizerJson } from "./parse-tokenizer-json.js";
import { pieceDefinition } from "./piece-definition.js";
import { PieceTokenizer } from "./piece.js";

/** Byte-level BPE comes first, so that the remaining BPE files are over characters. */
export const pieces: TokenizerBackend = {
  recognizes: ({ type }) => type === "BPE" || type === "Unigram",
  load({ json, bytes, path, config, beside }) {
    const definition = pieceDefinition(parseTokenizerJson(json, path), config);
    return new PieceTokenizer(definition, Buffer.from(bytes).toString(), beside);
  },
};
