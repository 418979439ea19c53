import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BY_LINE, BY_WORD, LINE, TextUnits } from "./text-units.js";

test("lines are counted and found the same however the text is cut into pieces", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "é", " ", "\n", "\r\n")),
      fc.integer({ min: 1, max: 5 }),
      (parts, size) => {
        const text = Buffer.from(parts.join(""));
        const units = new TextUnits(BY_LINE);
        const ends: number[] = [];
        for (let at = 0; at < text.length; at += size) {
          units.scan(text.subarray(at, at + size), (end) => ends.push(at + end));
        }
        const lines = parts.join("").split("\n");
        expect(units.total).toBe(lines.filter((line) => line.trim() !== "").length);
        expect(units.count).toBe(ends.length);
        for (const end of ends) expect(text[end - 1]).toBe(LINE);
      },
    ),
  );
});

test("words are units where there are no lines", () => {
  const units = new TextUnits(BY_WORD);
  units.scan(Buffer.from(" one  two three"));
  expect([units.count, units.total]).toEqual([2, 3]);
});

test("a long line is a unit in parts: at spaces where it has any, else between any two characters", () => {
  const sizesOf = (text: Buffer, piece: number) => {
    const units = new TextUnits(BY_LINE);
    const ends = [0];
    for (let at = 0; at < text.length; at += piece)
      units.scan(text.subarray(at, at + piece), (end) => ends.push(at + end));
    return { sizes: ends.slice(1).map((end, i) => end - (ends[i] ?? 0)), ends, units };
  };
  const words = Buffer.from(`short\n${"word ".repeat(1000)}\nshort\n`);
  for (const piece of [1, 7, 1000, 10_000]) {
    const { sizes, units } = sizesOf(words, piece);
    expect([sizes[0], sizes[1], sizes.at(-1)]).toEqual([6, 1025, 6]);
    expect(units.parts).toBe(4);
  }
  const characters = Buffer.from("語".repeat(5000)); // 3 bytes each
  for (const piece of [1, 1000, 20_000]) {
    const { sizes, ends, units } = sizesOf(characters, piece);
    expect(sizes).toEqual([4098, 4098, 4098]);
    for (const end of ends) expect(end % 3).toBe(0);
    expect(units.total).toBe(4);
  }
});

test("a long line without spaces ends where it ends, if that is before it would be cut", () => {
  const text = Buffer.from(`${"x".repeat(2000)}\nshort\n${"x".repeat(4500)}\n`);
  for (const piece of [1, 1500, 10_000]) {
    const units = new TextUnits(BY_LINE);
    const ends: number[] = [];
    for (let at = 0; at < text.length; at += piece)
      units.scan(text.subarray(at, at + piece), (end) => ends.push(at + end));
    expect([ends, units.parts]).toEqual([[2001, 2007, 2007 + 4096, text.length], 1]);
  }
});

test("a long stretch of nothing but spaces is no unit", () => {
  const units = new TextUnits(BY_LINE);
  units.scan(Buffer.from(" ".repeat(20_000)));
  expect(units.total).toBe(0);
  units.scan(Buffer.from("word"));
  expect(units.total).toBe(1);
});
