import { randomOf } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bandsFor, chanceOf } from "./bands.js";
import { mostAlike, NearIndex } from "./near-index.js";
import { Shingler } from "./shingler.js";
import { BINS, similarity, Sketch } from "./sketch.js";

/** Hashes of a text's shingles, in their order; given in pieces of so many characters. */
function shingles(text: string, pieceLength = Infinity): number[] {
  const hashes: number[] = [];
  const shingler = new Shingler((hash) => hashes.push(hash));
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at += pieceLength) {
    shingler.push(Buffer.from(characters.slice(at, at + pieceLength).join("")));
  }
  shingler.end();
  return hashes;
}

function sketchOf(hashes: Iterable<number>): Sketch {
  const sketch = new Sketch();
  for (const hash of hashes) sketch.add(hash);
  return sketch;
}

function signatureOf(hashes: Iterable<number>): Uint8Array {
  const signature = new Uint8Array(BINS);
  sketchOf(hashes).signature(signature);
  return signature;
}

const jaccard = (a: ReadonlySet<number>, b: ReadonlySet<number>) => {
  const common = [...a].filter((each) => b.has(each)).length;
  return common / (a.size + b.size - common);
};

test("every five words in a row are a shingle, the same wherever they stand", () => {
  expect(shingles("one two three four five six seven")).toHaveLength(3);
  expect(shingles("zero one two three four five").slice(1)).toEqual(shingles("one two three four five"));
  expect(new Set(shingles("a b c d e f a b c d e")).size).toBe(6); // abcde comes twice
  expect(shingles("five four three two one")).not.toEqual(shingles("one two three four five"));
});

test("a document of fewer words is one shingle of them all, and one without words has none", () => {
  expect(shingles("Yes, sir.")).toHaveLength(1);
  expect(shingles("yes sir")).toEqual(shingles("Yes, sir."));
  expect(shingles("yes")).not.toEqual(shingles("yes sir"));
  expect(shingles(" … !? 🙂\n")).toEqual([]);
});

test.each([
  ["case", "The Cat sat ON the mat", "the cat sat on the mat"],
  ["line breaks and spaces", "the cat\r\n\r\n  sat\ton the\u00a0mat", "the cat sat on the mat"],
  ["punctuation", "“The cat” sat—on the mat!", "the cat sat on the mat"],
  ["composition", "caf\u00e9 na\u00efve \u0416\u0438\u0439", "cafe\u0301 nai\u0308ve \u0436\u0438\u0438\u0306"],
  ["accents", "Résumé à la carte", "Resume a la carte"],
])("%s makes no difference", (_, one, other) => {
  expect(shingles(one)).toEqual(shingles(other));
});

test.each([
  ["letters", "one two three four five", "one two three four fine"],
  ["digits", "it was in the year 1984", "it was in the year 1985"],
  ["where a word ends", "one two three four fi ve", "one two three four five"],
  ["vowel signs of Indic scripts", "क ख ग घ कि", "क ख ग घ की"],
  ["Hangul", "가 나 다 라 각", "가 나 다 라 간"],
])("%s make a difference", (_, one, other) => {
  expect(shingles(one)).not.toEqual(shingles(other));
});

test("where there are no spaces between words each character is one", () => {
  expect(shingles("これは日本語です")).toHaveLength(4);
  expect(shingles("我们都爱北京天安门")).toHaveLength(5);
  expect(shingles("สวัสดีครับ").length).toBeGreaterThan(1);
  expect(shingles("word語word語word")).toEqual(shingles("word 語 word 語 word"));
});

test("a document that comes in pieces has the same shingles", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from("ab é語 \u0301.🙂")) }),
      fc.integer({ min: 1, max: 7 }),
      (text, length) => {
        expect(shingles(text, length)).toEqual(shingles(text));
      },
    ),
  );
});

test("similarity is estimated within the errors that are expected of it, of small sets nearly exactly", () => {
  const random = randomOf(1);
  const hash = () => Math.floor(random() * 2 ** 32) ^ Math.floor(random() * 2 ** 16);
  for (const [size, most] of [
    [8, 0.05],
    [60, 0.02],
    [400, 0.025],
    [5000, 0.035],
  ] as const) {
    let squares = 0;
    for (let i = 0; i < 25; i++) {
      const common = Array.from({ length: size }, () => hash() >>> 0);
      const [a, b] = [new Set(common), new Set(common)];
      for (let extra = 0; extra < size / 8; extra++) {
        a.add(hash() >>> 0);
        b.add(hash() >>> 0);
      }
      squares += (similarity(signatureOf(a), signatureOf(b)) - jaccard(a, b)) ** 2;
    }
    expect(Math.sqrt(squares / 25)).toBeLessThan(most);
  }
});

test("a shingle with the greatest hash is none the less one", () => {
  const sketch = sketchOf([0xffff_ffff]);
  expect(sketch.isEmpty).toBe(false);
  const keys = new Uint32Array(12);
  sketch.bandKeys(keys, 5);
  expect(new Set(keys).size).toBe(12); // each band has keys of its own
  expect(similarity(signatureOf([0xffff_ffff]), signatureOf([0xffff_ffff]))).toBe(1);
  sketch.clear();
  expect(sketch.isEmpty).toBe(true);
});

test("bands find what is as similar as wanted, and have as many rows as that allows", () => {
  expect(bandsFor(0.8)).toEqual({ count: 12, rows: 5 });
  expect(bandsFor(1)).toEqual({ count: 1, rows: 64 });
  for (const least of [0.5, 0.6, 0.7, 0.75, 0.85, 0.9, 0.95, 0.99]) {
    const bands = bandsFor(least);
    expect(bands.count * bands.rows).toBeLessThanOrEqual(64);
    expect(chanceOf(least, bands)).toBeGreaterThanOrEqual(0.99);
  }
});

/** A text of words, and the same with some of them changed. */
function wordsOf(random: () => number, length: number): string[] {
  return Array.from({ length }, () => `w${Math.floor(random() ** 2 * 5000)}`);
}
const edited = (words: readonly string[], random: () => number, rate: number) =>
  words.map((word) => (random() < rate ? `x${Math.floor(random() * 5000)}` : word));

test("of planted near copies and others, those of the similarity are found and no others: 95 of 100 at the least", () => {
  const random = randomOf(7);
  const index = new NearIndex(0.8);
  const sketch = new Sketch();
  const load = (words: readonly string[]) => {
    const hashes = new Set(shingles(words.join(" ")));
    sketch.clear();
    for (const hash of hashes) sketch.add(hash);
    return hashes;
  };
  const originals = Array.from({ length: 250 }, () => wordsOf(random, 40 + Math.floor(random() * 400)));
  const sets = originals.map((words, i) => {
    const hashes = load(words);
    expect(mostAlike(index.neighbours(sketch))).toBe(null);
    index.add(i);
    return hashes;
  });
  let [found, right, wanted] = [0, 0, 0];
  for (let round = 0; round < 3; round++) {
    for (const [i, words] of originals.entries()) {
      const hashes = load(edited(words, random, random() * 0.05)); // similarities from 1 down to 0.6
      const isCopy = jaccard(hashes, sets[i] ?? new Set()) >= 0.8;
      const nearest = mostAlike(index.neighbours(sketch));
      if (isCopy) wanted += 1;
      if (nearest === null) continue;
      expect(nearest.document).toBe(i);
      found += 1;
      if (isCopy) right += 1;
    }
  }
  expect(wanted).toBeGreaterThan(250);
  expect(750 - wanted).toBeGreaterThan(200);
  expect(right / wanted).toBeGreaterThan(0.95);
  expect(right / found).toBeGreaterThan(0.95);
});

test("the most similar of several is found, and no more are compared than may be", () => {
  const common = Array.from({ length: 300 }, (_, i) => `word${i}`);
  const sketches = [0, 40, 80].map((extra) =>
    sketchOf(shingles([...common, ...Array.from({ length: extra }, (_, i) => `more${i}`)].join(" "))),
  );
  const load = (index: NearIndex) => {
    for (const [i, sketch] of [...sketches.entries()].toReversed()) {
      mostAlike(index.neighbours(sketch));
      index.add(i);
    }
  };
  const [whole, some, more] = sketches;
  if (whole === undefined || some === undefined || more === undefined) throw new Error("three sketches");
  const index = new NearIndex(0.6);
  load(index);
  expect(mostAlike(index.neighbours(whole))).toEqual({ document: 0, similarity: 1 });
  expect(mostAlike(index.neighbours(more))).toEqual({ document: 2, similarity: 1 });
  const hurried = new NearIndex(0.6, 0);
  load(hurried);
  expect(mostAlike(hurried.neighbours(more))).toBe(null);
});

test("an index that grows still has all that it had", () => {
  const random = randomOf(3);
  const index = new NearIndex(0.8);
  const sketches = Array.from({ length: 2000 }, () => sketchOf(shingles(wordsOf(random, 20).join(" "))));
  for (const [i, sketch] of sketches.entries()) {
    expect(mostAlike(index.neighbours(sketch))).toBe(null);
    index.add(i);
  }
  for (const [i, sketch] of sketches.entries())
    expect(mostAlike(index.neighbours(sketch))).toEqual({ document: i, similarity: 1 });
  expect(index.bytes / 2000).toBeLessThan(1000);
});
