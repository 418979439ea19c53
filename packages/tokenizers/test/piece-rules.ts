import type { PieceRules } from "../src/token-sides.js";

/** The rules of SentencePiece by default. */
export const rules: PieceRules = {
  mark: "\u2581",
  marks: "before",
  marksAlone: false,
  scriptsApart: true,
  numbersApart: true,
  digitsApart: false,
  mostChars: 16,
};
