import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { DistinctCounter } from "./distinct-counter.js";
import { mix } from "./document-hash.js";
import { ScriptCounter } from "./script-counter.js";
import { corpusStatistics } from "./statistics.js";

test("a corpus is counted: lines, characters, duplicates, scripts, the longest line", async () => {
  await using folder = await temporaryFolder();
  const one = join(folder.path, "one.txt");
  const two = join(folder.path, "two.txt.gz");
  await writeFile(
    one,
    Buffer.concat([Buffer.from("\uFEFFThe king\r\n\n  The king \nпривет, мир\n"), Buffer.of(0xff, 0x0a)]),
  );
  await writeFile(two, gzipSync("The king\n日本語です\n𐌰𐌱\n"));
  let read = 0;
  const statistics = await corpusStatistics([one, two], { onRead: ({ bytes }) => (read = bytes) });
  expect(statistics).toMatchObject({
    files: 2,
    bytes: read,
    lines: 7,
    characters: 8 * 3 + 11 + 1 + 5 + 2,
    leftOut: { characters: { count: 1 } },
    duplicateLines: 2,
    duplicatesExact: true,
    longestLine: { characters: 11, start: "привет, мир" },
  });
  expect(Object.fromEntries(statistics.scripts.map(({ script, characters }) => [script, characters]))).toEqual({
    Latin: 21,
    Common: 6,
    Cyrillic: 9,
    Han: 3,
    Hiragana: 2,
    Other: 2,
  });
  expect(statistics.scripts[0]).toEqual({ script: "Latin", characters: 21 });
});

test("a line larger than a batch is one line", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "long.txt");
  await writeFile(path, `short\n${"é".repeat(5 << 20)}\n${"é".repeat(5 << 20)}\n${"é".repeat((5 << 20) - 1)}\n`);
  expect(await corpusStatistics(path)).toMatchObject({
    lines: 4,
    characters: 5 + 3 * (5 << 20) - 1,
    duplicateLines: 1,
    longestLine: { characters: 5 << 20, start: "é".repeat(40) },
  });
});

test("characters are counted as JavaScript counts code points", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), (text) => {
      const bytes = Buffer.from(text);
      const counter = new ScriptCounter();
      const characters = Array.from(bytes.toString());
      expect(counter.add(bytes, 0, bytes.length)).toBe(characters.length);
      const greek = counter.counts().find(({ script }) => script === "Greek")?.characters;
      const expected = characters.filter((character) => /\p{Script=Greek}/u.test(character)).length;
      expect(greek).toBe(expected === 0 ? undefined : expected);
    }),
  );
});

test("distinct things are counted exactly up to a bound, and closely beyond it", () => {
  const count = (things: number, most: number) => {
    const counter = new DistinctCounter(most);
    for (let round = 0; round < 2; round++) for (let i = 0; i < things; i++) counter.add(mix(i) >>> 0, i & 0x1fffff);
    return counter;
  };
  expect(count(1000, 1000)).toMatchObject({ count: 1000, exact: true });
  const many = count(100_000, 4000);
  expect(many.exact).toBe(false);
  expect(Math.abs(many.count / 100_000 - 1)).toBeLessThan(0.08);
});
