import { join } from "node:path";
import { memoryStats, scope } from "@trainer/torch";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { BatchLoader, LoaderState, type LoaderOptions } from "./batch-loader.js";
import type { BinDType } from "./bin-format.js";
import { BinWriter } from "./bin-writer.js";
import type { TokenBin } from "./token-bin.js";

const PAD = 99;
const id = (at: number) => 100 + at; // id at a place of the stream

let bins = 0;

/** A bin whose id at place i is `first` + i. */
async function binOf(folder: string, tokens: number, dtype: BinDType = "uint16", first = id(0)): Promise<TokenBin> {
  const path = join(folder, `${bins++}.bin`);
  await using writer = await BinWriter.create(path, dtype);
  const ids = Array.from({ length: tokens }, (_, i) => first + i);
  await writer.write(dtype === "uint16" ? Uint16Array.from(ids) : Uint32Array.from(ids), {
    documents: 1,
    bytes: tokens,
  });
  await writer.finish();
  return { path, tokens, bytes: tokens, documents: 1, dtype, measured: null };
}

interface Plain {
  inputs: number[][];
  targets: number[][];
  tokens: number;
}

function plain(rows: unknown): number[][] {
  if (Array.isArray(rows)) return rows.map((row) => (Array.isArray(row) ? row.map(Number) : []));
  throw new Error("not rows");
}

function take(loader: BatchLoader, batches: number): Plain[] {
  return Array.from({ length: batches }, () => {
    const { inputs, targets, tokens } = loader.next();
    expect([inputs.dtype, targets.dtype]).toEqual(["int64", "int64"]);
    expect(inputs.shape).toEqual(targets.shape);
    return { inputs: plain(inputs.toArray()), targets: plain(targets.toArray()), tokens };
  });
}

const options: LoaderOptions = { seqLen: 4, batchSize: 2, shuffle: false, seed: 1, padId: PAD };

test("chunks follow each other, a target is the next id, across chunks too, and the end is padded and masked", async () => {
  await using folder = await temporaryFolder();
  using loader = new BatchLoader(await binOf(folder.path, 11), options);
  expect([loader.chunks, loader.stepsPerEpoch]).toEqual([3, 2]);
  expect(take(loader, 2)).toEqual([
    {
      inputs: [
        [100, 101, 102, 103],
        [104, 105, 106, 107],
      ],
      targets: [
        [101, 102, 103, 104],
        [105, 106, 107, 108],
      ],
      tokens: 8,
    },
    { inputs: [[108, 109, 110, PAD]], targets: [[109, 110, -100, -100]], tokens: 2 },
  ]);
});

test("every pair of an id and its next one is met once an epoch, whatever the sizes, shuffled or not", async () => {
  await using folder = await temporaryFolder();
  const sizes = fc.integer({ min: 2, max: 60 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (n, t, b, shuffle) => {
        const bin = await binOf(folder.path, n);
        using loader = new BatchLoader(bin, { ...options, seqLen: t, batchSize: b, shuffle });
        const batches = take(loader, loader.stepsPerEpoch);
        const met = batches.flatMap(({ inputs, targets }) =>
          inputs.flatMap((row, r) =>
            row.flatMap((input, c) => (targets[r]?.[c] === -100 ? [] : [[input, targets[r]?.[c]]])),
          ),
        );
        const pairs = Array.from({ length: n - 1 }, (_, i) => [id(i), id(i + 1)]);
        expect(met.toSorted(([a = 0], [c = 0]) => a - c)).toEqual(pairs);
        expect(batches.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(n - 1);
        for (const { tokens, inputs } of batches) {
          expect(tokens).toBeGreaterThan(0); // a batch without a target would have no loss
          expect(inputs.length).toBeLessThanOrEqual(b);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("each epoch has an order of its own, the seed's", async () => {
  await using folder = await temporaryFolder();
  const bin = await binOf(folder.path, 401);
  const order = (seed: number, epochs: number) => {
    using loader = new BatchLoader(bin, { ...options, shuffle: true, seed });
    return Array.from({ length: epochs }, () =>
      take(loader, 50).flatMap(({ inputs }) => inputs.map(([first]) => first)),
    );
  };
  const [first, second] = order(7, 2);
  expect(first).not.toEqual(second);
  expect(first).not.toEqual(first?.toSorted());
  expect(first?.toSorted()).toEqual(second?.toSorted());
  expect(order(7, 2)).toEqual([first, second]);
  expect(order(8, 1)).not.toEqual([first]);
});

test("a loader goes on from a state batch for batch, at any place of any epoch", async () => {
  await using folder = await temporaryFolder();
  const bin = await binOf(folder.path, 50);
  const shuffled = { ...options, shuffle: true, seed: 3 };
  using whole = new BatchLoader(bin, shuffled);
  const batches = take(whole, 20);
  for (const at of [0, 1, 6, 7, 8, 13, 14, 19]) {
    using before = new BatchLoader(bin, shuffled);
    take(before, at);
    const state = LoaderState.parse(JSON.parse(JSON.stringify(before.state())));
    using after = new BatchLoader(bin, { ...shuffled, seed: 99 });
    after.load(state);
    expect(take(after, 20 - at)).toEqual(batches.slice(at));
    expect(after.state()).toEqual(whole.state());
    expect(after.epoch).toBe(2);
  }
});

test("batches that are made ahead are those that would have come, and the state is of those handed out", async () => {
  await using folder = await temporaryFolder();
  const bin = await binOf(folder.path, 50);
  const shuffled = { ...options, shuffle: true, seed: 3, documentEnd: 104 };
  using plain = new BatchLoader(bin, shuffled);
  const batches = take(plain, 16);
  const live = memoryStats().liveTensors;
  {
    using ahead = new BatchLoader(bin, shuffled);
    const taken: Plain[] = [];
    for (let i = 0; i < 8; i++) {
      ahead.prefetch(3);
      const { epoch, position } = ahead.state();
      expect([epoch * ahead.stepsPerEpoch + position, ahead.epoch]).toEqual([i, epoch]);
      taken.push(...scope(() => take(ahead, 1)));
    }
    expect(taken).toEqual(batches.slice(0, 8));
    const state = ahead.state();
    scope(() => take(ahead, 3));
    ahead.prefetch(2);
    ahead.load(state);
    expect(scope(() => take(ahead, 8))).toEqual(batches.slice(8));
    ahead.prefetch(1); // and is left
  }
  expect(memoryStats().liveTensors).toBe(live);
});

test("the state of a loader of other chunks is refused", async () => {
  await using folder = await temporaryFolder();
  using loader = new BatchLoader(await binOf(folder.path, 50), options);
  using other = new BatchLoader(await binOf(folder.path, 51), { ...options, seqLen: 3 });
  expect(() => loader.load(other.state())).toThrow(
    /the state of another loader \(batch 0 of 17 chunks; here are 13 chunks of 4/,
  );
  expect(() => loader.load({ ...loader.state(), position: 8 })).toThrow(
    expect.objectContaining({ code: "INVALID_INPUT" }),
  );
});

test("ids of any size come back as they are", async () => {
  await using folder = await temporaryFolder();
  for (const [dtype, first] of [
    ["uint16", 65_530],
    ["uint32", 3_000_000_000],
  ] as const) {
    using loader = new BatchLoader(await binOf(folder.path, 6, dtype, first), { ...options, padId: null });
    const [batch] = take(loader, 1);
    expect(batch?.inputs).toEqual([[0, 1, 2, 3].map((i) => first + i), [first + 4, first + 5, 0, 0]]);
  }
});

test("a bin of one id cannot be trained on, and one that is gone is said", async () => {
  await using folder = await temporaryFolder();
  const bin = await binOf(folder.path, 1);
  expect(() => new BatchLoader(bin, options)).toThrow(/has 1 token\(s\); at least two/);
  expect(() => new BatchLoader({ ...bin, tokens: 9, path: join(folder.path, "gone.bin") }, options)).toThrow(
    /gone\.bin/,
  );
});

test("nothing native is left behind by a thousand batches", async () => {
  await using folder = await temporaryFolder();
  const bin = await binOf(folder.path, 1000);
  using loader = scope(() => new BatchLoader(bin, { ...options, shuffle: true })); // which outlives the scope
  const before = memoryStats().liveTensors;
  for (let step = 0; step < 1000; step++) {
    scope(() => {
      loader.next();
    });
  }
  expect(memoryStats().liveTensors).toBe(before);
});

test("batches say which document each token is of, where they are told what ends one", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "documents.bin");
  await using writer = await BinWriter.create(path, "uint16");
  const ids = [5, 6, 3, 3, 7, 3, 8, 9, 5, 3, 6, 7]; // 3 ends a document
  await writer.write(Uint16Array.from(ids), { documents: 4, bytes: 12 });
  await writer.finish();
  const bin: TokenBin = { path, tokens: ids.length, bytes: 12, documents: 4, dtype: "uint16", measured: null };
  const options = { seqLen: 6, batchSize: 2, shuffle: false, seed: 0 };
  using loader = new BatchLoader(bin, { ...options, documentEnd: 3 });
  const documents = scope(() => loader.next().documents?.toArray());
  expect(documents).toEqual([
    [0, 0, 0, 1, 2, 2],
    [0, 0, 0, 0, 1, 1],
  ]);
  using ahead = new BatchLoader(bin, { ...options, documentEnd: 3 });
  ahead.prefetch(1);
  expect(scope(() => ahead.next().documents?.toArray())).toEqual(documents);
  using untold = new BatchLoader(bin, { ...options, documentEnd: null });
  expect(untold.next().documents).toBeUndefined();
});

test("a batch that is made ahead is made at once, and none more than was asked for", async () => {
  await using folder = await temporaryFolder();
  using loader = new BatchLoader(await binOf(folder.path, 50), options);
  const before = memoryStats().liveTensors;
  const ahead = () => (memoryStats().liveTensors - before) / 2; // inputs and targets
  loader.prefetch(3);
  expect(ahead()).toBe(3);
  loader.prefetch(3);
  expect(ahead()).toBe(3);
  scope(() => take(loader, 1));
  expect(ahead()).toBe(2);
});
