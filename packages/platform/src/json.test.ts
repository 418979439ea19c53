import { isDeepStrictEqual } from "node:util";
import { assert, bigInt, jsonValue, property } from "fast-check";
import { expect, test } from "vitest";
import { parseJson, toJson, toWireJson } from "./json.js";

test("a 64-bit id survives, and small numbers stay numbers", () => {
  expect(parseJson('{"id":1234567890123456789,"n":-3,"x":1.5,"e":1e3}')).toEqual({
    id: 1234567890123456789n,
    n: -3,
    x: 1.5,
    e: 1000,
  });
  expect(toJson({ id: 1234567890123456789n, none: undefined })).toBe('{"id":1234567890123456789}');
});

test("what Python writes for numbers that are not finite is read, also beside strings that look like it", () => {
  expect(parseJson('{"a":Infinity,"b":[-Infinity,NaN],"s":"NaN, \\"Infinity\\""}')).toEqual({
    a: Infinity,
    b: [-Infinity, NaN],
    s: 'NaN, "Infinity"',
  });
});

test("in a body what is not finite is null; in Redis it has its name", () => {
  const value = { a: Infinity, b: -Infinity, c: NaN, s: "1e999 -0e-999" };
  expect(toJson(value)).toBe('{"a":null,"b":null,"c":null,"s":"1e999 -0e-999"}');
  expect(toWireJson(value)).toBe('{"a":Infinity,"b":-Infinity,"c":NaN,"s":"1e999 -0e-999"}');
});

test("whatever goes through Redis comes back, in ASCII", () => {
  assert(
    property(jsonValue({ stringUnit: "binary" }), bigInt({ min: 2n ** 53n, max: 2n ** 64n }), (value, id) => {
      const text = toWireJson({ value, id });
      expect(text).toMatch(/^[\0-\x7e]*$/);
      expect(parseJson(text)).toEqual({ value: parseJson(JSON.stringify(value)), id });
    }),
  );
});

test("what is no JSON is refused", () => {
  for (const text of ["", "{", '{"a":1,}', "Infinit", "'a'"]) expect(() => parseJson(text)).toThrow(SyntaxError);
});

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

test("an integer of more than 64 bits is a number like any other", () => {
  expect(parseJson("[-18446744073709551615,2000000000000000000000]")).toEqual([-18446744073709551615n, 2e21]);
});

/** Without the differences of long texts, which take long to print. */
const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);
