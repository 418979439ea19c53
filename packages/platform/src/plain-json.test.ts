import { assert, constantFrom, array, jsonValue, property } from "fast-check";
import { parse } from "lossless-json";
import { expect, test } from "vitest";
import { parseJson } from "./json.js";
import { plainJson } from "./plain-json.js";

test("what is plain is read as the engine reads it, whatever its strings hold", () => {
  assert(
    property(jsonValue({ stringUnit: "binary" }), (value) => {
      const text = JSON.stringify(value);
      expect(plainJson(text) ?? parse(text, null, Number)).toEqual(JSON.parse(text)); // of a large integer it is none
    }),
    { numRuns: 20 },
  );
  expect(plainJson('{"a\\":\\"b":{":":"\\\\"}, "x" : [0.1234567890123456789, 1e21]}')).toEqual({
    'a":"b': { ":": "\\" },
    x: [Number("0.1234567890123456789"), 1e21],
  });
});

test("digits within strings are text", () => {
  const value = { "12345678901234567890": ["98765432109876543210", 1] };
  expect(plainJson(JSON.stringify(value))).toEqual(value);
});

test("whatever is no JSON for one parser is none, and what is, is the same", () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    "a",
    "\\",
    "1",
    "9007199254740993",
    "null",
    " ",
    "-",
    ".",
    '"a":1',
  ];
  assert(
    property(array(constantFrom(...pieces), { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      const plain = plainJson(text);
      expect(plain).toEqual(plain === undefined ? undefined : parse(text, null, Number));
    }),
  );
});

test.each([
  ["a large integer", "[9007199254740993]"],
  ["a key that comes twice", '{"a":{"b":1,"b":2}}'],
  ["what Python writes", "[NaN]"],
  ["what is nested deeply", `${"[".repeat(300)}${"]".repeat(300)}`],
  ["half a text", '{"a":'],
])("%s is left to the parser that loses nothing", (_, text) => expect(plainJson(text)).toBeUndefined());

test("a key that comes twice with two values is refused, wherever it stands", () => {
  for (const text of ['{"a":1,"a":2}', '[{"b":{"a":1,"a":2}}]', '{"a":":","a":1}'])
    expect(() => parseJson(text)).toThrow("Duplicate key");
  expect(() => parseJson(`${"[".repeat(1e5)}${"]".repeat(1e5)}`)).toThrow(RangeError);
});
