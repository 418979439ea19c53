import { expect, test } from "vitest";
import { rules } from "../test/piece-rules.js";
import { ALONE, isByRules, type PieceRules, sidesOf } from "./token-sides.js";

/** Kinds by what native/token-words.h calls them, or the character of that script. */
function named(kind: number): string {
  const scripts = ["漢", ".", "a", "б", "ᚠ"].map((char): [number, string] => [sidesOf(char, rules) & 0xffff, char]);
  const names = new Map([
    [0, "any"],
    [0xfffc, "mark"],
    [0xfffd, "marks"],
    [0xfffe, "same"],
    [0xffff, "never"],
    ...scripts,
  ]);
  return names.get(kind) ?? String(kind);
}
const sides = (piece: string, more: Partial<PieceRules> = {}) => {
  const both = sidesOf(piece, { ...rules, ...more });
  return [named(Math.floor(both / 0x1_0000)), named(both % 0x1_0000)].join(" ");
};

test.each<[piece: string, sides: string, more?: Partial<PieceRules>]>([
  ["ab", "a a"],
  ["かカー漢", "漢 漢"],
  ["a1б", "a б"],
  ["1", ". ."],
  ["1", "any any", { numbersApart: false }],
  ["1", "never never", { digitsApart: true }],
  ["\u0301", "any same"],
  ["\u0301a\u0301", "a a"],
  ["ᚠ", "ᚠ ᚠ"],
  ["\t", "never never"],
  ["ab", "any any", { scriptsApart: false }],
  ["\u2581ab", "never a"],
  ["\u2581", "never any"],
  ["\u2581\u2581", "never never"],
  ["a\u2581", "a never"],
  ["\u2581", "marks mark", { marksAlone: true }],
  ["\u2581\u2581", "marks marks", { marksAlone: true }],
  ["\u2581ab", "never a", { marksAlone: true }],
  ["\u2581ab", "any a", { marks: "within" }],
  ["\u2581", "never any", { marks: "within" }],
  ["\u2581", "any never", { marks: "after" }],
  ["\u2581\u2581", "never never", { marks: "after" }],
  ["\u2581", "marks marks", { marks: "after", marksAlone: true }],
])("%j has the sides %s with %j", (piece, expected, more) => {
  expect(sides(piece, more)).toBe(expected);
});

test("a token that is joined to none has no sides, and pieces of two scripts are not by the rules", () => {
  expect(named(Math.floor(ALONE / 0x1_0000)) + named(ALONE % 0x1_0000)).toBe("nevernever");
  expect(["ab", "\u2581ab", "a.", "a\u0301b", "aб", "12", "a1"].filter((piece) => isByRules(piece, rules))).toEqual([
    "ab",
    "\u2581ab",
    "a\u0301b",
    "12",
  ]);
  expect(isByRules("12", { ...rules, digitsApart: true })).toBe(false);
});
