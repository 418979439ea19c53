import { expect, test } from "vitest";
import { bucketOf, SplitHistogram } from "./split-histogram.js";

test("documents are counted in the bucket of their hash, with all their bytes, and copies are known by sharing one", () => {
  const histogram = new SplitHistogram();
  const [first, second] = [0x12345678, 0xfffffabc];
  expect([bucketOf(first), bucketOf(second)]).toEqual([0x12345, 0xfffff]);
  expect(histogram.add(first)).toBe(0x12345);
  histogram.grow(5);
  histogram.grow(2); // of the same one, in a later batch
  expect([histogram.documents, histogram.distinct, histogram.copies(0x12345)]).toEqual([1, 1, false]);
  histogram.add(second);
  histogram.grow(11);
  histogram.add(first);
  histogram.grow(7);
  expect([histogram.documents, histogram.distinct]).toEqual([3, 2]);
  expect([histogram.bytes[0x12345], histogram.bytes[0xfffff], histogram.bytes[0]]).toEqual([14, 11, 0]);
  expect([histogram.copies(0x12345), histogram.copies(0xfffff), histogram.copies(0)]).toEqual([true, false, false]);
});
