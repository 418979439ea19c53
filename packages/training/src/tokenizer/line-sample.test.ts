import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { LineSample } from "./line-sample.js";

const utf8 = (text: string) => new TextEncoder().encode(text);
const linesOf = (sample: LineSample) => sample.lines.map((line) => new TextDecoder().decode(line));

test("of few lines all are kept, whole and in order, blank ones left out", () => {
  const sample = new LineSample(10, 1);
  sample.add(utf8("one\r\n\n two \nthree"));
  sample.add(utf8("four\n"));
  expect(linesOf(sample)).toEqual(["one", " two ", "three", "four"]);
});

test("of many lines each is as likely to be kept as another, and equal seeds keep the same", () => {
  const text = utf8(Array.from({ length: 100 }, (_, i) => `${i}\n`).join(""));
  const kept = new Map<string, number>();
  for (let seed = 0; seed < 2000; seed++) {
    const sample = new LineSample(10, seed);
    sample.add(text);
    expect(new Set(linesOf(sample)).size).toBe(10);
    for (const line of linesOf(sample)) kept.set(line, (kept.get(line) ?? 0) + 1);
  }
  for (let i = 0; i < 100; i++) expect(Math.abs((kept.get(String(i)) ?? 0) - 200)).toBeLessThan(70);
  const again = [3, 3].map((seed) => new LineSample(10, seed));
  for (const sample of again) sample.add(text);
  expect(again.map(linesOf)[0]).toEqual(again.map(linesOf)[1]);
});

test("a line without end is sampled in pieces that cut no character", () => {
  assert(
    property(string({ unit: "grapheme", minLength: 1 }), (word) => {
      const text = word.replaceAll(/[\r\n]/g, "-").repeat(6000);
      const sample = new LineSample(1e6, 1);
      sample.add(utf8(text));
      expect(linesOf(sample).join("")).toBe(text);
      expect(sample.wholeLines).toBe(1);
      expect(Math.max(...sample.lines.map((line) => line.length))).toBeLessThanOrEqual(4096);
    }),
    { numRuns: 20 },
  );
});

test("what streams by may be written over", () => {
  const sample = new LineSample(1, 1);
  const text = utf8("kept");
  sample.add(text);
  text.fill(0);
  expect(linesOf(sample)).toEqual(["kept"]);
});
