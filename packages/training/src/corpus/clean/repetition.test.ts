import { randomOf } from "@trainer/testing";
import { expect, test } from "vitest";
import { repetitionIn } from "./repetition.js";

const random = randomOf(1);
const word = () => `w${Math.floor(random() * 1e9).toString(36)}`;
const words = (count: number) => Array.from({ length: count }, word).join(" ");

test("a text that says all once is not repetitive, however short", () => {
  for (const text of [words(500), words(1), "one two", "", "🙂🙂", `${words(20)}\n\n${words(20)}\n${words(9)}`]) {
    expect(repetitionIn(text)).toBe(null);
  }
});

const PASSAGE = words(9);

test.each([
  ["paragraphs that came before", [words(9), "a b", words(9), "a b", "a b"].join("\n\n"), 2 / 5],
  [
    "paragraphs that came before",
    [PASSAGE, "x".repeat(96 - PASSAGE.length), "e", "f", PASSAGE].join("\n\n"),
    PASSAGE.length / (PASSAGE.length + 106),
  ],
  ["lines that came before", ["x", "x", words(30), words(30), "x"].join("\n"), 2 / 5],
  ["the commonest 2 words", "one two, one two; one two. one two! three", 28 / 41],
  [
    "the commonest 3 words",
    Array.from({ length: 6 }, (_, i) => `aaa bbb ccc ${String(i).repeat(32)}`).join(" "),
    66 / 269,
  ],
  ["the commonest 2 words", "我们我们我们，好", 6 / 8],
])("by the rule of %s a text is repetitive: %j", (rule, text, share) => {
  const found = repetitionIn(text);
  expect(found?.rule).toBe(rule);
  expect(found?.share).toBeCloseTo(share, 10);
});

test("runs of words that came before are found where no shorter rule holds", () => {
  const passage = words(30);
  const text = Array.from({ length: 3 }, () => `${passage} ${words(60)}`).join(" ");
  const found = repetitionIn(text);
  expect(found?.rule).toBe("runs of 5 words that came before");
  const letters = passage.replaceAll(" ", "").length;
  expect(found?.share).toBeCloseTo((2 * letters) / text.length, 2);
  const long = words(50);
  expect(repetitionIn(`${long} ${words(300)} ${long}`)?.rule).toBe("runs of 10 words that came before");
});
