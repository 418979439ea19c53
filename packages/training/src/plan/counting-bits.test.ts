import { expect, test } from "vitest";
import { countingBits, settledBits } from "./counting-bits.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Draws bytes below a number, the same each time. */
const random = (count: number, below: number) => {
  let state = 1;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  });
};

test("what repeats itself needs next to nothing, what is random all of its bits", () => {
  expect(countingBits(bytesOf("abcdefgh".repeat(2000)))).toBeLessThan(0.05);
  expect(countingBits(random(50_000, 16))).toBeGreaterThan(3.95);
  expect(countingBits(random(50_000, 16))).toBeLessThan(4.6);
});

test("a single byte costs eight bits, and the first ones nearly as much", () => {
  expect(countingBits(bytesOf("a"))).toBe(8);
  // Of the second a the order 0 knows: one kind in one byte, so (1 + 1/256) / 2.
  expect(countingBits(bytesOf("aa"))).toBeCloseTo((8 - Math.log2((1 + 1 / 256) / 2)) / 2, 9);
});

test("what is counted on the way is taken off, the more the shorter the text is", () => {
  const text = random(9000, 16);
  expect(settledBits(text)).toBeCloseTo(countingBits(text) / 2, 9);
});
