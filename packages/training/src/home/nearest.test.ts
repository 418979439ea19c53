import * as fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearest, suggest } from "./nearest.js";

test("the edit distance counts insertions, deletions and replacements", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("abc", "")).toBe(3);
  expect(editDistance("flaw", "lawn")).toBe(2);
});

test("the edit distance is a metric", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

test("the nearest names are those a few characters off or that contain what was asked, the closest first", () => {
  const names = ["gpt2-tiny-1700000000", "gpt2-small-1700000001", "novel", "poems"];
  expect(nearest("novle", names)).toEqual(["novel"]);
  expect(nearest("NOVEL", names)).toEqual(["novel"]);
  expect(nearest("tiny", names)).toEqual(["gpt2-tiny-1700000000"]);
  expect(nearest("gpt2", names)).toEqual(["gpt2-small-1700000001", "gpt2-tiny-1700000000"]);
  expect(nearest("poem", ["poemas", "poems", "novel"])).toEqual(["poemas", "poems"]); // both contain it: by name
  expect(nearest("pooms", ["pomms", "poems"])).toEqual(["poems", "pomms"]); // one character off, and two
  expect(nearest("go", ["gone-with-the-wind", "ga"])).toEqual(["ga"]); // two letters are part of too many
  expect(nearest("quite something else", names)).toEqual([]);
});

test("a suggestion names the likeliest, then up to ten of what there is", () => {
  expect(suggest("x", [], "nothing here")).toBe("nothing here");
  expect(suggest("poem", ["novel", "poems"], "")).toBe("did you mean poems? (there are: novel, poems)");
  expect(suggest("zzzzzzzz", ["novel"], "")).toBe("there are: novel");
  const many = Array.from({ length: 12 }, (_, i) => `r${i}`);
  expect(suggest("zzzzzzzz", many, "")).toBe(`there are: ${many.slice(0, 10).join(", ")} and 2 more`);
});
