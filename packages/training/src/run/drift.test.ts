import { expect, test } from "vitest";
import { driftWords } from "./drift.js";

test("what was forgotten is said in bits and in parts, and what has no figure too", () => {
  const said = (before: number | null, after: number | null) => driftWords({ split: "test", before, after });
  expect(said(2, 2.5)).toBe("A byte of the base's own test text takes 2.50 bits now, and took 2.00: 25.0 % more.");
  expect(said(2, 1.5)).toMatch(/and took 2\.00: 25\.0 % less\.$/);
  for (const [before, after] of [[null, 1] as const, [1, null] as const]) {
    expect(said(before, after)).toMatch(/^What was forgotten of the base's own test text has no figure/);
  }
});
