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

test("a string ends at the quote that an even number of backslashes comes before, and names are read beyond it alone", () => {
  const text = String.raw`["a\\",NaN,"b\\\"NaN",-Infinity,"\"",NaN,"\"NaN\\"]`;
  expect(parseJson(text)).toEqual(["a\\", NaN, 'b\\"NaN', -Infinity, '"', NaN, '"NaN\\']);
  expect(parseJson("NaN")).toBeNaN();
  expect(parseJson('[NaN,"NaN"]')).toEqual([NaN, "NaN"]);
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

test("an integer of more than 64 bits is a number like any other", () => {
  expect(parseJson("[-18446744073709551615,2000000000000000000000]")).toEqual([-18446744073709551615n, 2e21]);
});
