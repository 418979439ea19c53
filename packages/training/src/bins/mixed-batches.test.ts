import { join } from "node:path";
import { at } from "@trainer/disk";
import { memoryStats, scope } from "@trainer/torch";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { BatchLoader, LoaderState, type LoadedText, type LoaderOptions } from "./batch-loader.js";
import { BinWriter } from "./bin-writer.js";
import { MixedOrder } from "./chunk-order.js";
import { documentLengths } from "./document-lengths.js";
import { sharesAt, weightsOf } from "./mixture.js";
import type { TokenBin } from "./token-bin.js";

const options: LoaderOptions = { seqLen: 4, batchSize: 3, shuffle: true, seed: 5, padId: 0 };

/** A text of these ids. */
async function binOf(folder: string, name: string, ids: readonly number[]): Promise<TokenBin> {
  const path = join(folder, `${name}.bin`);
  await using writer = await BinWriter.create(path, "uint16");
  await writer.write(Uint16Array.from(ids), { documents: 1, bytes: ids.length });
  await writer.finish();
  return { path, tokens: ids.length, bytes: ids.length, documents: 1, dtype: "uint16", measured: null };
}

/** Texts whose ids are 1000, 2000 and so on, with their weights. */
async function textsOf(folder: string, texts: readonly (readonly [tokens: number, weight: string])[]) {
  const weights = weightsOf({ corpusWeights: texts.map(([, weight]) => weight) });
  const loaded: LoadedText[] = [];
  for (const [i, [tokens]] of texts.entries()) {
    const bin = await binOf(
      folder,
      `text-${i}`,
      Array.from({ length: tokens }, (_, id) => 1000 * (i + 1) + id),
    );
    loaded.push({ bin, weight: at(weights, i), lengths: null });
  }
  return loaded;
}

/** The first input of each row of the next batches. */
const firsts = (loader: BatchLoader, batches: number): number[][] =>
  Array.from({ length: batches }, () => scope(() => Array.from(loader.next().inputs.select(1, 0).data(), Number)));

const sourceOf = (first: number) => Math.floor(first / 1000) - 1;

test("whatever the weights and sizes, no text is ever more than a chunk from its share of the tokens", () => {
  const text = fc.record({
    chunks: fc.integer({ min: 1, max: 40 }),
    weight: fc.double({ min: 0.01, max: 9, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 4 }), fc.integer({ min: 1, max: 9 }), (texts, rows) => {
      const weights = texts.map(({ weight }) => ({ from: weight, to: weight }));
      const drawn = texts.map(({ chunks: count }) => ({
        count,
        valid: (i: number) => (i === count - 1 ? 3 : 8),
        byLength: null,
      }));
      const order = new MixedOrder(drawn, weights, 8);
      expect(order.changes).toBe(false);
      const taken = texts.map(() => 0);
      let sources = order.start;
      for (let batch = 0; batch < 20; batch += 1) {
        const next = order.draw(rows, { epoch: 0, before: 0, sources }, 1, 0);
        sources = next.sources;
        for (const { source, chunk } of next.drawn)
          taken[source] = Number(taken[source]) + at(drawn, source).valid(chunk);
        const all = taken.reduce((sum, tokens) => sum + tokens, 0);
        const shares = sharesAt(weights, 0);
        for (const [i, tokens] of taken.entries())
          expect(Math.abs(tokens - at(shares, i) * all)).toBeLessThanOrEqual(8 * texts.length);
      }
    }),
    { numRuns: 60 },
  );
});

test("an epoch of a mix has as many chunks as its texts together; each goes through epochs of its own, all its chunks in each", async () => {
  await using folder = await temporaryFolder();
  using loader = new BatchLoader(
    await textsOf(folder.path, [
      [41, "3"],
      [81, "1"],
    ]),
    options,
  );
  expect([loader.chunks, loader.stepsPerEpoch]).toEqual([30, 10]);
  const rows = firsts(loader, 10).flat();
  const own = rows.filter((first) => sourceOf(first) === 0);
  expect([own.length, rows.length]).toEqual([23, 30]);
  const chunks = Array.from({ length: 10 }, (_, i) => 1000 + 4 * i);
  expect(own.slice(0, 10).toSorted((a, b) => a - b)).toEqual(chunks);
  expect(own.slice(10, 20).toSorted((a, b) => a - b)).toEqual(chunks);
  expect(own.slice(10, 20)).not.toEqual(own.slice(0, 10));
  expect(loader.state()).toMatchObject({
    epoch: 0,
    position: 10,
    sources: [
      { epoch: 2, position: 3 },
      { epoch: 0, position: 7 },
    ],
  });
});

test("weights that change go from one to the other, as far as the run is", async () => {
  await using folder = await temporaryFolder();
  using loader = new BatchLoader(
    await textsOf(folder.path, [
      [401, "0-1"],
      [401, "1-0"],
    ]),
    options,
  );
  const shareOf = (progress: number) => {
    loader.progress = progress;
    const rows = firsts(loader, 10).flat();
    return rows.filter((first) => sourceOf(first) === 0).length / rows.length;
  };
  expect(shareOf(0)).toBe(0);
  expect(shareOf(0.5)).toBe(0.5);
  expect(shareOf(1)).toBe(1);
});

test("a mix goes on from a state batch for batch, also where batches were made ahead or for another end of the run", async () => {
  await using folder = await temporaryFolder();
  const texts = await textsOf(folder.path, [
    [43, "0.2-0.9"],
    [77, "0.8-0.1"],
    [26, "0.3"],
  ]);
  const batch = (loader: BatchLoader, i: number, last = 39) => {
    loader.progress = i / last;
    return at(firsts(loader, 1), 0);
  };
  using whole = new BatchLoader(texts, options);
  const all = Array.from({ length: 40 }, (_, i) => batch(whole, i));
  const live = memoryStats().liveTensors;
  for (const cut of [0, 1, 13, 26, 39]) {
    using before = new BatchLoader(texts, options);
    for (let i = 0; i < cut; i += 1) {
      expect(batch(before, i)).toEqual(all[i]);
      before.progress = (i + 1) / (i % 3 === 0 ? 70 : 39); // the end is planned anew after some
      before.prefetch(2);
    }
    const state = LoaderState.parse(JSON.parse(JSON.stringify(before.state())));
    using after = new BatchLoader(texts, { ...options, seed: 77 });
    firsts(after, 3);
    after.prefetch(1);
    after.load(state);
    expect(Array.from({ length: 40 - cut }, (_, i) => batch(after, cut + i))).toEqual(all.slice(cut));
    expect(after.state()).toEqual(whole.state());
  }
  expect(memoryStats().liveTensors).toBe(live);
});

test("the state of other texts, of one by itself, or of none is refused", async () => {
  await using folder = await temporaryFolder();
  const texts = await textsOf(folder.path, [
    [41, "1"],
    [81, "1"],
  ]);
  using mixed = new BatchLoader(texts, options);
  using turned = new BatchLoader(texts.toReversed(), options);
  using alone = new BatchLoader(at(texts, 0).bin, options);
  for (const [loader, other] of [
    [mixed, turned],
    [turned, mixed],
    [mixed, alone],
    [alone, mixed],
  ] as const)
    expect(() => loader.load({ ...other.state(), chunks: loader.chunks })).toThrow(/the state of another loader/);
  const { sources: _places, ...plain } = mixed.state();
  expect(() => mixed.load(plain)).toThrow(/the state of another loader/);
});

test("by length, the first epoch goes from short documents to long ones, a tenth at a time, and the next is at random", async () => {
  await using folder = await temporaryFolder();
  const end = 9;
  // Documents of 1, 2, ... tokens in no order, about twenty chunks of each length.
  const documents = Array.from({ length: 20 }, (_, i) => 1 + ((i * 7) % 20));
  const ends = documents.flatMap((length) =>
    Array.from({ length: Math.ceil(80 / length) }, () => Array.from({ length }, (_, i) => i === length - 1)).flat(),
  );
  const ids = ends.map((isEnd, i) => (isEnd ? end : 1000 + i)); // so that chunks can be told apart
  const bin = await binOf(folder.path, "lengths", ids);
  const lengths = await documentLengths(bin, 4, end);
  const text = { bin, weight: { from: 1, to: 1 }, lengths };
  using loader = new BatchLoader([text], options);
  const chunkOf = new Map(
    Array.from({ length: loader.chunks }, (_, i) => [JSON.stringify(ids.slice(4 * i, 4 * i + 4)), at(lengths, i)]),
  );
  const order = (batches: number) =>
    Array.from({ length: batches }, () => scope(() => loader.next().inputs.toArray())).flatMap((rows) =>
      Array.isArray(rows)
        ? rows.map((row) => chunkOf.get(JSON.stringify(Array.from(Array.isArray(row) ? row : [], Number))))
        : [],
    );
  const first = order(loader.stepsPerEpoch).flatMap((length) => length ?? []);
  const size = Math.ceil(loader.chunks / 10);
  const parts = Array.from({ length: 10 }, (_, i) => first.slice(i * size, (i + 1) * size));
  for (const [i, part] of parts.slice(1).entries())
    expect(Math.min(...part)).toBeGreaterThanOrEqual(Math.max(...at(parts, i)));
  expect(parts.some((part) => part.some((length, i) => i > 0 && length < at(part, i - 1)))).toBe(true);
  const second = order(loader.stepsPerEpoch).flatMap((length) => length ?? []);
  const start = second.slice(0, size);
  expect(start.reduce((sum, length) => sum + length, 0) / size).toBeGreaterThan(2 * Math.max(...at(parts, 0)));
});
