import { noGrad, randn, scope, setNumThreads, tensor, useFusedKernels, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { gpt2Config } from "./gpt2-config.js";
import { gpt2 } from "./gpt2.js";
import { gptNeoxConfig } from "./gpt-neox-config.js";
import { gptNeox } from "./gpt-neox.js";
import { llamaConfig } from "./llama-config.js";
import { llama } from "./llama.js";
import { logits, type CausalLm } from "./model.js";
import { olmo2Config } from "./olmo2-config.js";
import { olmo2 } from "./olmo2.js";
import { phi3Config } from "./phi3-config.js";
import { phi3 } from "./phi3.js";
import { qwenConfig } from "./qwen-config.js";
import { qwen } from "./qwen.js";
import { RaggedKvCache } from "./ragged-kv-cache.js";
import { build } from "./registry.js";

setNumThreads(1);

const sizes = { vocabSize: 90, hiddenSize: 64, intermediateSize: 96, numHiddenLayers: 2, numAttentionHeads: 4 };
const decoderSizes = { ...sizes, numKeyValueHeads: 2, maxPositionEmbeddings: 16 };
const models: [name: string, make: () => CausalLm][] = [
  [
    "gpt2",
    () => build(gpt2, gpt2Config({ vocabSize: 90, nPositions: 16, nEmbd: 64, nLayer: 2, nHead: 4 }), { seed: 3 }),
  ],
  ["llama", () => build(llama, llamaConfig(decoderSizes), { seed: 3 })],
  ["qwen", () => build(qwen, qwenConfig(decoderSizes), { seed: 3 })],
  ["olmo2", () => build(olmo2, olmo2Config(decoderSizes), { seed: 3 })],
  ["phi3", () => build(phi3, phi3Config(decoderSizes), { seed: 3 })],
  ["gpt_neox", () => build(gptNeox, gptNeoxConfig({ ...sizes, maxPositionEmbeddings: 16 }), { seed: 3 })],
  [
    "a llama whose rotation depends on how long the text is",
    () => {
      const ropeScaling = { rope_type: "dynamic", factor: 4 };
      return build(llama, llamaConfig({ ...decoderSizes, maxPositionEmbeddings: 8, ropeScaling }), { seed: 3 });
    },
  ],
];

const token = (...ids: number[]) => tensor(ids, [ids.length, 1], { dtype: "int64" });
const prompt = (length: number) =>
  tensor(
    Array.from({ length }, (_, i) => (i * 31 + length) % 90),
    [1, length],
    { dtype: "int64" },
  );
const LENGTHS = [9, 1, 5];

function raggedOf(model: CausalLm): RaggedKvCache {
  const cache = model.newCache(LENGTHS.length, 16, { ragged: true });
  if (cache instanceof RaggedKvCache) return cache;
  throw new Error("not a ragged cache");
}

test.each(models)("%s reads sequences of different lengths as each alone, to the bit", (_, make) => {
  noGrad(() => {
    const model = make();
    using cache = raggedOf(model);
    const read = (ids: Tensor, into = cache) => logits(model, ids, { training: false, cache: into });
    const alone = LENGTHS.map((length, row) => {
      const own = model.newCache(1, 16);
      logits(model, prompt(length), { training: false, cache: own });
      cache.copyRow(row, own, 0);
      return own;
    });
    expect([cache.length, ...LENGTHS.map((__, row) => cache.lengthOf(row))]).toEqual([9, ...LENGTHS]);
    for (const ids of [
      [4, 5, 6],
      [80, 2, 41],
    ]) {
      const together = read(token(...ids)); // (3, 1, V)
      for (const [row, own] of alone.entries()) {
        const single = logits(model, token(ids[row] ?? 0), { training: false, cache: own });
        expect(single.select(0, 0).equal(together.select(0, row))).toBe(true);
      }
    }
    expect(cache.lengths.toArray()).toEqual([11, 3, 7]);
    using moved = raggedOf(model); // rows of one ragged cache to another
    for (const [to, from] of [2, 0, 1].entries()) moved.copyRow(to, cache, from);
    const next = read(token(7, 8, 9));
    expect(
      read(token(9, 7, 8), moved)
        .select(0, 1)
        .equal(next.select(0, 0)),
    ).toBe(true);
    for (const own of alone) own.dispose();
  });
});

test("what was read is forgotten by setting lengths, and a full sequence stays at its last place", () => {
  const [, make] = models[0] ?? ["", () => build(gpt2, gpt2Config({}))];
  const model = make();
  using cache = raggedOf(model);
  noGrad(() => {
    using single = model.newCache(1, 16);
    logits(model, prompt(15), { training: false, cache: single });
    for (const row of LENGTHS.keys()) cache.copyRow(row, single, 0);
    cache.setLengths([15, 3, 0]);
    const first = logits(model, token(1, 2, 3), { training: false, cache });
    expect(cache.lengths.toArray()).toEqual([15, 4, 1]);
    expect(cache.length).toBe(16);
    logits(model, token(1, 2, 3), { training: false, cache });
    expect([cache.length, cache.lengths.toArray()]).toEqual([16, [15, 5, 2]]);
    expect(cache.truncate(3)).toBe(3);
    expect(cache.lengths.toArray()).toEqual([3, 3, 2]);
    cache.setLengths([16, 3, 0]);
    expect([cache.length, cache.lengths.toArray()]).toEqual([16, [15, 3, 0]]);
    cache.setLengths([15, 3, 0]);
    expect(logits(model, token(1, 2, 3), { training: false, cache }).equal(first)).toBe(true);
    expect(() => logits(model, prompt(3).expand([3, 3]), { training: false, cache })).toThrow(
      "takes one token of each at a time, not 3",
    );
    expect(cache.lengthOf(7)).toBe(0);
  });
});

test("the rotation of a cache outlives the scope that it was made in, and goes with the cache", () => {
  const model = build(llama, llamaConfig(decoderSizes), { seed: 3 });
  const made: RaggedKvCache[] = [];
  scope(() => {
    made.push(raggedOf(model));
  });
  for (const cache of made) {
    const tables = [cache.rotation?.cos, cache.rotation?.sin];
    expect(tables.map((table) => table?.shape)).toEqual([
      [16, 16],
      [16, 16],
    ]);
    cache.dispose();
    for (const table of [...tables, cache.lengths]) expect(() => table?.shape).toThrow("disposed");
  }
});

test("numbers that a ragged cache's memory held before do not reach the logits, without kernels either", () => {
  const model = build(llama, llamaConfig(decoderSizes), { seed: 3 });
  const before = useFusedKernels(false);
  noGrad(() => {
    scope(() => {
      for (let i = 0; i < 8; i += 1) randn([LENGTHS.length, 2, 16, 16]).mul(Number.NaN); // as large as the cache's
    });
    using cache = raggedOf(model);
    const out = scope(() =>
      Array.from(
        logits(model, token(1, 2, 3), { training: false, cache })
          .flatten()
          .data(),
        Number,
      ),
    );
    expect(out.every(Number.isFinite)).toBe(true);
  });
  useFusedKernels(before);
});
