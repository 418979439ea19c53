import { arange, manualSeed, readSafetensors, setNumThreads, tensor, zeros, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { fixtureOf } from "../test/fixtures.js";
import type { Cache } from "./cache.js";
import { gpt2 } from "./gpt2.js";
import { gpt2Config } from "./gpt2-config.js";
import { loadModel } from "./hf.js";
import { KvCache } from "./kv-cache.js";
import { logits, loss } from "./model.js";
import { build } from "./registry.js";

setNumThreads(1);
const FIXTURE = fixtureOf("gpt2");
const ids = readSafetensors(`${FIXTURE}/reference.safetensors`).tensors.get("ids")?.select(0, 0) ?? tensor([]); // (B, T)
const evaluate = { training: false };

test("a cache forgets what is cut off", async () => {
  const { model } = await loadModel(FIXTURE);
  using cache = model.newCache(3, 16);
  const last = () => {
    const out = logits(model, ids.narrow(1, 8, 1), { training: false, cache });
    cache.truncate(8);
    return Array.from(out.flatten().data(), Number);
  };
  logits(model, ids.narrow(1, 0, 8), { training: false, cache });
  const first = last();
  expect(last()).toEqual(first);
  cache.truncate(100);
  expect([cache.length, cache.batch, cache.capacity]).toEqual([8, 3, 16]);
  expect(() => logits(model, ids.narrow(1, 0, 9), { training: false, cache })).toThrow(
    "9 more tokens after 8 do not fit the cache's 16 positions",
  );
  expect(() => KvCache.of(cache)?.append(2, ids, ids)).toThrow("layer 2 of a cache of 2 layers");
  expect(() => KvCache.of({ ...cache })).toThrow("made by a model of another kind");
});

test("sequences copied from one cache to another go on as where they came from, to the bit", async () => {
  const { model } = await loadModel(FIXTURE);
  const read = (rows: Tensor, cache: Cache) =>
    Array.from(logits(model, rows, { training: false, cache }).select(1, 0).data(), Number);
  using first = model.newCache(1, 8);
  logits(model, ids.narrow(0, 0, 1).narrow(1, 0, 8), { training: false, cache: first });
  using second = model.newCache(1, 8);
  logits(model, ids.narrow(0, 1, 1).narrow(1, 0, 8), { training: false, cache: second });
  using both = model.newCache(3, 16);
  both.copyRow(0, second, 0);
  both.copyRow(1, first, 0);
  both.copyRow(2, both, 1);
  expect(both.length).toBe(8);
  using alone = model.newCache(1, 16);
  alone.copyRow(0, first, 0);
  const next = ids.narrow(0, 0, 1).narrow(1, 8, 1); // (1, 1)
  const [together, single] = [read(next.expand([3, 1]), both), read(next, alone)];
  const vocab = model.vocabSize;
  expect(together.slice(vocab, 2 * vocab)).toEqual(single);
  expect(together.slice(2 * vocab)).toEqual(single);
  expect(together.slice(0, vocab)).not.toEqual(single);
  using full = model.newCache(1, 9);
  full.copyRow(0, both, 0);
  expect(full.length).toBe(9);
  using small = model.newCache(1, 4);
  expect(() => small.copyRow(0, both, 0)).toThrow("9 tokens do not fit the cache's 4 positions");
});

test("a cache is where its model is, in its type, and holds nothing when it is disposed of", () => {
  const config = gpt2Config({ vocabSize: 9, nPositions: 8, nEmbd: 4, nLayer: 1, nHead: 2 });
  const model = build(gpt2, config, { device: "meta", dtype: "bfloat16" });
  const one = zeros([1, 2, 1, 2], { device: "meta", dtype: "bfloat16" }); // (B, nh, T, hs)
  let kept = KvCache.of(model.newCache(1));
  {
    using cache = KvCache.of(model.newCache(1));
    const { k, v } = cache.append(0, one, one);
    expect([k.device, k.dtype, v.device, v.dtype]).toEqual(["meta", "bfloat16", "meta", "bfloat16"]);
    kept = cache;
  }
  expect(() => kept.append(0, one, one)).toThrow("disposed");
});

test.each(["embdPdrop", "attnPdrop", "residPdrop"])(
  "dropout by %s alone draws on the generator while training, and on nothing else",
  (rate) => {
    const rates = { embdPdrop: 0, attnPdrop: 0, residPdrop: 0, [rate]: 0.1 };
    const config = gpt2Config({ vocabSize: 50, nPositions: 16, nEmbd: 32, nLayer: 2, nHead: 2, ...rates });
    const model = build(gpt2, config, { seed: 1 });
    const counted = (from: number) => arange(from, from + 16).unsqueeze(0); // (1, T)
    const value = (training: boolean, seed: number) => {
      manualSeed(seed);
      return loss(model, { inputs: counted(0), targets: counted(1) }, { training }).item();
    };
    expect(value(true, 1)).toBe(value(true, 1));
    expect(value(true, 1)).not.toBe(value(true, 2));
    expect(value(false, 1)).toBe(value(false, 2));
  },
);

test("the exact GELU is another function than GPT-2's", () => {
  const at = (activationFunction: "gelu" | "gelu_new" | "gelu_pytorch_tanh") => {
    const config = gpt2Config({
      vocabSize: 9,
      nPositions: 8,
      nEmbd: 8,
      nLayer: 1,
      nHead: 1,
      initializerRange: 0.5,
      activationFunction,
    });
    const ids = tensor(BigInt64Array.from([1n, 2n, 3n]), [1, 3]);
    return Array.from(
      logits(build(gpt2, config, { seed: 5 }), ids, evaluate)
        .flatten()
        .data(),
      Number,
    );
  };
  expect(at("gelu_pytorch_tanh")).toEqual(at("gelu_new"));
  expect(at("gelu")).not.toEqual(at("gelu_new"));
});
