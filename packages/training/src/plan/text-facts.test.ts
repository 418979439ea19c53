import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { scratchPath } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openHome } from "../home/home.js";
import { parseTrainOptions } from "../options/options.js";
import { settledBits } from "./counting-bits.js";
import { textFacts } from "./text-facts.js";

let home = "";
beforeAll(() => {
  home = scratchPath("text-facts");
});
afterAll(() => rmSync(home, { recursive: true }));

/** Numbers in words, each as good as random. */
const textOf = (bytes: number): string =>
  Array.from({ length: Math.ceil(bytes / 8) }, (_, i) => ((i * 2_654_435_761) % 65_536).toString(16).padStart(7, "0"))
    .join(" ")
    .slice(0, bytes);

const optionsOf = (path: string) =>
  parseTrainOptions({ corpus: path, document: "file", holdoutFraction: 0.1, testSplitRatio: 0.15 });

test("of a small text all is known: what is trained on, and what gzip makes of it", async () => {
  const text = textOf(40_000);
  const path = join(home, "small.txt");
  writeFileSync(path, text);
  const facts = await textFacts(optionsOf(path), openHome(home));
  expect(facts.bytes).toBe(29_999); // a final line feed is no text
  expect(facts.countingBits).toBeCloseTo(settledBits(Buffer.from(text)), 2);
  expect(facts.gzipBits).toBeCloseTo((8 * gzipSync(text, { level: 9 }).length) / 40_000, 2);
});

test("of a large one the beginning tells, of a compressed one by what is in it", async () => {
  const text = textOf(3 << 20);
  const plain = join(home, "large.txt");
  const zipped = join(home, "large.txt.gz");
  writeFileSync(plain, text);
  writeFileSync(zipped, gzipSync(text));
  for (const path of [plain, zipped]) {
    const { bytes, gzipBits } = await textFacts(optionsOf(path), openHome(home));
    expect(bytes).toBeGreaterThan(0.7 * (3 << 20));
    expect(bytes).toBeLessThan(0.8 * (3 << 20));
    expect(gzipBits).toBeLessThan(6);
  }
  const both = await textFacts({ ...optionsOf(plain), corpus: [plain, zipped] }, openHome(home));
  expect(both.bytes).toBeGreaterThan(1.4 * (3 << 20));
  expect(both.bytes).toBeLessThan(1.6 * (3 << 20));
});
