import { expect, test } from "vitest";
import { chooseField, fieldsThere, isUsual, knownField } from "./text-field.js";

test("the field with the text is known by its name, the usual one first, or is the only one", () => {
  expect(chooseField(["title", "content", "text"])).toBe("text");
  expect(chooseField(["title", "body", "content"])).toBe("content");
  expect(chooseField(["Text", "text"])).toBe("text");
  expect(chooseField(["title", "CONTENT"])).toBe("CONTENT");
  expect(chooseField(["maintext"])).toBe("maintext");
  expect(chooseField(["title", "maintext"])).toBeNull();
  expect(chooseField([])).toBeNull();
  expect(knownField(["maintext"])).toBeNull();
});

test("the usual field and none need no mention", () => {
  expect(["text", null, "Text", "body"].map(isUsual)).toEqual([true, true, false, false]);
});

test("the fields that are there are told by name and kind, many and long ones cut", () => {
  expect(fieldsThere([])).toBe("it has no fields");
  expect(fieldsThere([["a\n", "number"]])).toBe(
    'its fields are "a\\n" (number); --text-field names the one with the text',
  );
  const many = Array.from({ length: 22 }, (_, i) => [`${i}`.padEnd(41, "x"), "string"] as const);
  const told = fieldsThere(many);
  expect(told).toContain(`"19${"x".repeat(38)}…" (string) and 2 more; --text-field`);
  expect(told).not.toContain('"20');
});
