import { expect, test } from "vitest";
import { lengthWarnings, lossWarnings, splitCounts, splitWarnings } from "./split-counts.js";

const figures = (bytes: number, documents = 1) => ({ documents, tokens: bytes, bytes });
const of = (bytes: number, documents = 1) => ({ ...figures(bytes, documents), measured: null });
const unmeasured = { lost_bytes: null, unknown_tokens: null };
const asked = { holdoutFraction: 0.01, testSplitRatio: 0.15 };

test("each split says what part of the text it was to have and what it has", () => {
  const counts = splitCounts({ train: of(84), validation: of(1), test: of(15) }, asked);
  expect(counts.train).toEqual({ ...figures(84), asked: 0.84, share: 0.84, ...unmeasured });
  expect([counts.validation.share, counts.test.asked, counts.test.share]).toEqual([0.01, 0.15, 0.15]);
  expect(splitWarnings(counts)).toEqual([]);
});

test("a split of less than half or more than twice of what was asked for is a warning with its numbers", () => {
  const counts = splitCounts({ train: of(940), validation: of(51), test: of(9, 3) }, asked);
  expect(splitWarnings(counts)).toEqual([
    "the validation split has 5.1 % of the text where 1 % was asked for: 1 document(s), since they are few, or of very " +
      "different lengths; to come nearer, give more text or shorter documents",
    "the test split has 0.9 % of the text where 15 % was asked for: 3 document(s), since they are few, or of very " +
      "different lengths; to come nearer, give more text or shorter documents",
  ]);
});

test("of splits that nobody asked for, and of counts from before shares were told, there is nothing to say", () => {
  const none = { holdoutFraction: 0, testSplitRatio: 0 };
  expect(splitWarnings(splitCounts({ train: of(9), validation: of(0, 0), test: of(0, 0) }, none))).toEqual([]);
  const old = { ...figures(1), asked: null, share: null, ...unmeasured };
  expect(splitWarnings({ train: old, validation: old, test: old })).toEqual([]);
});

test("held-out text that does not come back from its tokens is a warning, and counted", () => {
  const loss = { bytes: 12, unknown_tokens: 3, characters: ["\n", "é"] };
  const validation = { ...of(400), measured: { characters: 390, loss } };
  const whole = { ...of(600), measured: { characters: 600, loss: { bytes: 0, unknown_tokens: 0, characters: [] } } };
  const counts = { train: of(9000), validation, test: whole };
  expect(lossWarnings(counts)).toEqual([
    "validation: 3 % of the text (12 of 400 bytes) does not come back from its tokens, most often U+000A é; 3 of its " +
      "tokens are the unknown one: there is no loss per byte of text that is lost",
  ]);
  const { train, ...held } = splitCounts(counts, asked);
  expect([train.lost_bytes, held.validation.lost_bytes, held.test.lost_bytes]).toEqual([null, 12, 0]);
  expect(held.validation.unknown_tokens).toBe(3);
});

test("conversations are counted by split, and those that are longer than a sequence are a warning", () => {
  const mask = { sha256: "0", turns: 4, tokens: 90, learnt: 30, cut: 0, dropped: 0 };
  const counts = (more: { cut?: number; dropped?: number }) =>
    splitCounts(
      { train: { ...of(9), mask }, validation: { ...of(9), mask: { ...mask, ...more } }, test: of(0, 0) },
      asked,
    );
  expect(counts({}).train.conversations).toEqual({ turns: 4, tokens: 90, learnt: 30, cut: 0, dropped: 0 });
  expect(lengthWarnings(counts({}))).toEqual([]);
  const told = "conversations are longer than a sequence: ";
  expect(lengthWarnings(counts({ cut: 3, dropped: 1 }))).toEqual([
    `${told}of 3 the end is left out, 1 are left out whole, for no answer is within it; --max-seq-len makes it longer`,
  ]);
  expect(lengthWarnings(counts({ dropped: 2 }))[0]).toContain(`${told}2 are left out whole`);
});
