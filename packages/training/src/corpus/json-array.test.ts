import { containing } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CorpusError } from "./corpus-error.js";
import { JsonArray } from "./json-array.js";

function read(json: string, size = 1 << 20, most?: number): { texts: string[]; replaced: number } {
  const array = new JsonArray("a.json", null, most);
  const bytes = Buffer.from(json);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const text of array.push(bytes.subarray(at, at + size))) texts.push(text.toString());
  }
  for (const text of array.end()) texts.push(text.toString());
  return { texts, replaced: array.replaced };
}

test("strings, and the field text of objects, come back in their order, however the file is written and cut", () => {
  const text = fc.string({ unit: "grapheme" }).filter((each) => !each.includes("\0"));
  const more = fc.jsonValue();
  const element = fc.oneof(text, fc.record({ id: more, text, more }));
  fc.assert(
    fc.property(fc.array(element), fc.integer({ min: 1, max: 30 }), fc.constantFrom(0, 2), (elements, size, indent) => {
      const json = ` ${JSON.stringify(elements, null, indent)}\n`;
      const texts = elements.map((each) => (typeof each === "string" ? each : each.text));
      expect(read(json, size)).toEqual({ texts, replaced: 0 });
    }),
  );
});

test("what is not an array of texts is refused with the element's number", () => {
  const wrong = {
    '["a", {"tekst": "b"}]':
      /^a\.json, element 2 of the array: no string field "text": its fields are "tekst" \(string\);.* expected/,
    '["a", 2]': /element 2 of the array: no string field "text": it is no object; expected/,
    '["a", , "b"]': /element 2 of the array: not JSON/,
    '[, "a"]': /element 1 of the array: not JSON/,
    '["a",]': /element 2 of the array: not JSON: value expected at character 1;/,
    '["a"}': /element 1 of the array: the file ends within the array/,
    '["a"}]': /element 1 of the array: not JSON/,
    '[{"text": "a"': /element 1 of the array: the file ends within the array/,
    '["a"] ["b"]': /element 1 of the array: there is more after the array's end/,
    '{"text": "a"}': /^a\.json: the file does not begin with \[/,
    '["a\\u0000"]': /element 1 of the array: there is a NUL at character 1/,
    "": /^a\.json: the file ends within the array/,
  };
  for (const [json, message] of Object.entries(wrong)) {
    expect(() => read(json)).toThrow(message);
    expect(() => read(json, 1)).toThrow(CorpusError);
  }
  expect(read("[]").texts).toEqual([]);
  expect(read(" [ ] ", 1).texts).toEqual([]);
});

test("an element too long to hold is refused before it is held", () => {
  const long = `["a", "${"x".repeat(100)}"]`;
  expect(() => read(long, 10, 64)).toThrow(
    expect.objectContaining({
      code: "INVALID_INPUT",
      message: containing("element 2 of the array: it is longer than 64 bytes"),
    }),
  );
  expect(read(long, 10, 103).texts).toHaveLength(2); // the space before it counts
  expect(() => read(long, 10, 102)).toThrow(CorpusError);
});

test("halves of surrogate pairs are replaced and counted", () => {
  expect(read('["x \\ud83d y", {"text": "\\ud83d\\ude00 \\ude00"}]')).toEqual({
    texts: ["x \uFFFD y", "😀 \uFFFD"],
    replaced: 2,
  });
});

test("the first element decides which field has the text: a string, the usual one", () => {
  const fieldOf = (json: string) => {
    const array = new JsonArray("a.json", null);
    return [[...array.push(Buffer.from(json))].map(String), array.field];
  };
  expect(fieldOf('[{"story": "a"}, "b", {"story": "c", "text": "d"}]')).toEqual([["a", "b", "c"], "story"]);
  expect(fieldOf('["a", {"text": "b"}]')).toEqual([["a", "b"], "text"]);
});
