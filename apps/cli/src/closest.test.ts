import { expect, test } from "vitest";
import { closest, editDistance } from "./closest.js";

test("insertions, deletions, substitutions and swaps of neighbours cost one each", () => {
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("abc", "")).toBe(3);
  expect(editDistance("train", "train")).toBe(0);
  expect(editDistance("trian", "train")).toBe(1);
  expect(editDistance("adam", "adamw")).toBe(1);
  expect(editDistance("kitten", "sitting")).toBe(3);
});

test("the nearest name is proposed, whatever its case", () => {
  expect(closest("Smal", ["tiny", "small", "medium"])).toBe("small");
  expect(closest("vaildation", ["validation", "test"])).toBe("validation");
});

test("nothing is proposed for a word that is like none", () => {
  expect(closest("xyz", ["tiny", "small", "medium"])).toBeUndefined();
});
