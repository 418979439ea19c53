import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { parseJson, toWireJson } from "./json.js";

const MIB = 2 ** 20;

/** The time of reading grows with the length alone: a few seconds for the most that a body may have, on a busy machine. */
test.each<[string, string, unknown]>([
  ["16 MiB of one string", `["${"NaN ".repeat(4 * MIB)}",NaN]`, ["NaN ".repeat(4 * MIB), NaN]],
  ["16 MiB of escapes", `["${'\\"'.repeat(8 * MIB)}",-Infinity]`, ['"'.repeat(8 * MIB), -Infinity]],
  ["2 MiB of escaped backslashes", `["${"\\\\".repeat(MIB)}",Infinity]`, ["\\".repeat(MIB), Infinity]],
  ["4 MiB of names outside of strings", `[${"NaN,".repeat(MIB)}1]`, [...Array.from({ length: MIB }, () => NaN), 1]],
  ["a number of 10^7 digits", "1".repeat(1e7), Infinity],
])(
  "%s are read in the time that they take",
  (_, text, value) => expect(isSame(parseJson(text), value)).toBe(true),
  10_000,
);

test.each<[string, string, typeof Error]>([
  ["2 MiB of a string that never ends", `"${"a".repeat(2 * MIB)}NaN`, SyntaxError],
  ["2 MiB of quotes that end no string", `NaN"${'\\"'.repeat(MIB)}`, SyntaxError],
  ["2 MiB of strings with nothing between", `[NaN${'"a'.repeat(MIB)}`, SyntaxError],
  ["2 MiB of minus signs", `NaN${"-".repeat(2 * MIB)}`, SyntaxError],
  ["10^6 arrays in each other", "[".repeat(1e6), RangeError],
])(
  "%s are refused in the time that they take",
  (_, text, error) => expect(() => parseJson(text)).toThrow(error),
  10_000,
);

test("a long string goes through Redis beside a number that is not finite", () => {
  const value = { text: '1e999"\\'.repeat(MIB), loss: -Infinity };
  expect(isSame(parseJson(toWireJson(value)), value)).toBe(true);
});

/** Without a diff of long texts, which takes long to print. */
const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);
