import * as fc from "fast-check";
import { expect, test } from "vitest";
import { copiedFrom, LEAST } from "./copied.js";

const TEXT =
  "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness.";

test("the longest span and the share of what is copied", () => {
  const span = " the worst of times, it was the age of wisdom";
  expect(copiedFrom(TEXT, [`A${span}|Z`, "nothing of the kind in here at all"])).toEqual({
    longest: span,
    share: span.length / (span.length + 3 + 34),
  });
  expect(copiedFrom(TEXT, [TEXT])).toEqual({ longest: TEXT, share: 1 });
});

test("a span that occurs in several places is the longest of them", () => {
  const text = "abcdefghijklmnopqrstuvwxy 1 | abcdefghijklmnopqrstuvwxyz 2";
  expect(copiedFrom(text, ["abcdefghijklmnopqrstuvwxyz 2", "abcdefghijklmnopqrstuvwxyz"])).toEqual({
    longest: "abcdefghijklmnopqrstuvwxyz 2",
    share: 1,
  });
});

test("nothing is copied of what is short, of no samples, or from no text", () => {
  expect(copiedFrom(TEXT, ["It was the best of time"])).toEqual({ longest: "", share: 0 });
  expect(copiedFrom(TEXT, [])).toEqual({ longest: "", share: 0 });
  expect(copiedFrom("", [TEXT])).toEqual({ longest: "", share: 0 });
});

test("another text of the same hash is no copy", () => {
  // 31 * a + b is the same of "Aa" and "BB".
  expect(copiedFrom("Aa".repeat(LEAST), ["BB".repeat(LEAST)])).toEqual({ longest: "", share: 0 });
});

test("it finds what a search for every span finds", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b"), minLength: LEAST, maxLength: 80 });
  fc.assert(
    fc.property(letters, letters, fc.nat(50), (text, own, from) => {
      const sample = `${own}${text.slice(from)}`;
      const spans = Array.from({ length: sample.length }, (_, start) => {
        let end = start;
        while (end < sample.length && text.includes(sample.slice(start, end + 1))) end += 1;
        return sample.slice(start, end);
      });
      const longest = Math.max(0, ...spans.map(({ length }) => length).filter((length) => length >= LEAST));
      const found = copiedFrom(text, [sample]);
      expect(found.longest.length).toBe(longest);
      expect(text).toContain(found.longest);
    }),
  );
});
