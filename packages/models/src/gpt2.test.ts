import { fileURLToPath } from "node:url";
import {
  AdamW,
  clipGradNorm,
  manualSeed,
  noGrad,
  readSafetensors,
  scope,
  setNumThreads,
  tensor,
  type Tensor,
} from "@trainer/torch";
import { expect, test } from "vitest";
import type { Cache } from "./cache.js";
import { gpt2Config } from "./gpt2-config.js";
import { loadModel } from "./hf.js";
import { KvCache } from "./kv-cache.js";
import { logits, loss, type CausalLm } from "./model.js";
import { build } from "./registry.js";

setNumThreads(1);
const FIXTURE = fileURLToPath(new URL("../test/fixtures/gpt2", import.meta.url));
const { tensors: reference } = readSafetensors(`${FIXTURE}/reference.safetensors`);
const train = { training: true };
const evaluate = { training: false };

function expected(name: string): Tensor {
  const found = reference.get(name);
  if (found === undefined) throw new Error(`the fixture has no ${name}`);
  return found;
}

const difference = (a: Tensor, b: Tensor) => a.detach().sub(b).abs().max().item();

/** The parameters of which something differs by 1e-4 or more from what the fixture has of them. */
const differing = (model: CausalLm, kind: string, of: (param: Tensor) => Tensor | null) =>
  [...model.params.named()]
    .filter(([name, param]) => {
      const value = of(param);
      return value === null || !(difference(value, expected(`${kind}.${name}`)) < 1e-4);
    })
    .map(([name]) => name);

/** What transformers makes of labels: each position predicts the next one, the last none. */
function batchOf(index: number) {
  const inputs = expected("ids").select(0, index); // (B, T)
  const targets = inputs.clone();
  targets.narrow(1, 0, inputs.size(1) - 1).copy_(inputs.narrow(1, 1, inputs.size(1) - 1));
  targets.narrow(1, inputs.size(1) - 1, 1).fill_(-100);
  return { inputs, targets };
}

test("logits, loss and gradients are those of transformers", async () => {
  const { model } = await loadModel(FIXTURE);
  const batch = batchOf(0);
  expect(difference(logits(model, batch.inputs, evaluate), expected("logits"))).toBeLessThan(1e-5);
  const mean = loss(model, batch, train);
  expect(Math.abs(mean.item() - expected("loss").item())).toBeLessThan(1e-5);
  mean.backward();
  expect(differing(model, "grad", (param) => param.grad)).toEqual([]);
});

test("ten steps of AdamW with clipping lead to the weights of PyTorch", async () => {
  const { model } = await loadModel(FIXTURE);
  const optimizer = new AdamW(model.params.named(), { lr: 1e-2, weightDecay: 0.1 });
  for (let step = 0; step < 10; step++) {
    const value = scope(() => {
      const mean = loss(model, batchOf(step), train);
      mean.backward();
      clipGradNorm(model.params.list(), 1);
      optimizer.step();
      optimizer.zeroGrad();
      return mean.item();
    });
    expect(Math.abs(value - expected("losses").select(0, step).item())).toBeLessThan(1e-4);
  }
  // A key's bias adds the same to all scores of a query: its gradient is rounding noise, which Adam makes steps of.
  for (const state of [model.params.named(), reference]) {
    for (const [name, t] of state) if (name.endsWith("c_attn.bias")) noGrad(() => t.narrow(0, 24, 24).zero_());
  }
  expect(differing(model, "after", (param) => param)).toEqual([]);
});

/** Logits with the prompt fed in stretches of the given lengths. */
function cached(model: CausalLm, ids: Tensor, lengths: readonly number[]): number[] {
  using cache = model.newCache(ids.size(0));
  let at = 0;
  return noGrad(() =>
    lengths.flatMap((length) => {
      const part = logits(model, ids.narrow(1, at, length), { training: false, cache }); // (B, length, V)
      at += length;
      expect(cache.length).toBe(at);
      return Array.from(part.flatten().data(), Number);
    }),
  );
}

test.each([[[16]], [[8, 1, 1, 6]], [[1, 15]], [Array.from({ length: 16 }, () => 1)]])(
  "with a cache, stretches of %j give the logits of the whole",
  async (lengths) => {
    const { model } = await loadModel(FIXTURE);
    const ids = expected("ids").select(0, 1).narrow(0, 0, 1);
    const whole = Array.from(logits(model, ids, evaluate).flatten().data(), Number);
    const parts = cached(model, ids, lengths);
    expect(Math.max(...parts.map((x, i) => Math.abs(x - (whole[i] ?? Infinity))))).toBeLessThan(1e-5);
  },
);

test("a cache forgets what is cut off", async () => {
  const { model } = await loadModel(FIXTURE);
  const ids = expected("ids").select(0, 0); // (B, T)
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
  const ids = expected("ids").select(0, 0); // (B, T)
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
  using small = model.newCache(1, 4);
  expect(() => small.copyRow(0, both, 0)).toThrow("9 tokens do not fit the cache's 4 positions");
});

test("dropout draws on the generator while training, and on nothing else", () => {
  const config = gpt2Config({ vocabSize: 50, nPositions: 16, nEmbd: 32, nLayer: 2, nHead: 2 });
  const model = build("gpt2", config, { seed: 1 });
  const batch = {
    inputs: tensor(
      BigInt64Array.from({ length: 16 }, (_, i) => BigInt(i)),
      [1, 16],
    ),
    targets: tensor(
      BigInt64Array.from({ length: 16 }, (_, i) => BigInt(i + 1)),
      [1, 16],
    ),
  };
  const value = (training: boolean, seed: number) => {
    manualSeed(seed);
    return loss(model, batch, { training }).item();
  };
  expect(value(true, 1)).toBe(value(true, 1));
  expect(value(true, 1)).not.toBe(value(true, 2));
  expect(value(false, 1)).toBe(value(false, 2));
});

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
      logits(build("gpt2", config, { seed: 5 }), ids, evaluate)
        .flatten()
        .data(),
      Number,
    );
  };
  expect(at("gelu_pytorch_tanh")).toEqual(at("gelu_new"));
  expect(at("gelu")).not.toEqual(at("gelu_new"));
});
