import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { kindOf, shownText } from "./preview.js";

test("a file is shown by what its name says it is", () => {
  const names = [
    "model.safetensors",
    "config.json",
    "logs.jsonl",
    "a/step-1/COMMIT",
    "merges.txt",
    "train.bin",
    "json",
  ];
  expect(names.map(kindOf)).toEqual(["tensors", "text", "text", "text", "text", "other", "other"]);
});

test("whole JSON is laid out, and all else is shown as it is", () => {
  expect(shownText({ path: "a.json", bytes: 20 }, '{"a":1,"b":12345678901234567890}')).toBe(
    '{\n  "a": 1,\n  "b": "12345678901234567890"\n}',
  );
  expect(shownText({ path: "a.json", bytes: 1e6 }, '{"a":1}')).toBe('{"a":1}');
  expect(shownText({ path: "a.jsonl", bytes: 7 }, '{"a":1}')).toBe('{"a":1}');
  assert(property(string(), (text) => typeof shownText({ path: "COMMIT", bytes: 9 }, `{${text}`) === "string"));
});
