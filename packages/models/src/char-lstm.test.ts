import { noGrad, setNumThreads, tensor, useFusedKernels } from "@trainer/torch";
import { expect, test } from "vitest";
import { charLstm } from "./char-lstm.js";
import { charLstmConfig, charLstmSpec } from "./char-lstm-config.js";
import { gpt2 } from "./gpt2.js";
import { gpt2Config } from "./gpt2-config.js";
import { LstmState } from "./lstm-state.js";
import { logits } from "./model.js";
import { parseConfig } from "./new-config.js";
import { build, planModel } from "./registry.js";

setNumThreads(1);
const config = charLstmConfig({ vocabSize: 20, embedDim: 6, hiddenDim: 8, maxSeqLen: 16, dropout: 0.5 });
const ids = (...values: number[]) => tensor(values, [1, values.length], { dtype: "int64" });

test("it has the parameters of PyTorch's modules, drawn as PyTorch draws them", () => {
  const model = build(charLstm, config, { seed: 1 });
  expect(Object.fromEntries([...model.params.named()].map(([name, p]) => [name, p.shape]))).toEqual({
    "embedding.weight": [20, 6],
    "lstm.weight_ih_l0": [32, 6],
    "lstm.weight_hh_l0": [32, 8],
    "lstm.bias_ih_l0": [32],
    "lstm.bias_hh_l0": [32],
    "lstm.weight_ih_l1": [32, 8],
    "lstm.weight_hh_l1": [32, 8],
    "lstm.bias_ih_l1": [32],
    "lstm.bias_hh_l1": [32],
    "proj.weight": [20, 8],
    "proj.bias": [20],
  });
  const [table, ...others] = model.params.list();
  expect((table?.norm().item() ?? 0) / Math.sqrt(120)).toBeCloseTo(1, 0);
  for (const p of others) {
    const largest = p.abs().max().item();
    expect([largest > 0.25, largest <= 1 / Math.sqrt(8)]).toEqual([true, true]);
  }
});

test.each([
  ["tiny", 960_100],
  ["small", 3_755_108],
  ["medium", 13_109_860],
])("a %s one with 100 tokens has %i parameters", (size, expected) => {
  const plan = planModel("char_lstm", { size, vocabSize: 100, contextLength: 64 });
  expect(plan.build({ device: "meta" }).params.count()).toBe(expected);
});

test("a config.json of an existing Python run is known by its dimensions", () => {
  const file = { vocab_size: 5, embed_dim: 3, hidden_dim: 4, num_layers: 1, dropout: 0.2, max_seq_len: 9 };
  expect(charLstmSpec.recognises?.(file)).toBe(true);
  expect(charLstmSpec.recognises?.({ vocab_size: 5 })).toBe(false);
  expect(parseConfig(charLstmSpec, file, "here").config).toEqual({
    vocabSize: 5,
    embedDim: 3,
    hiddenDim: 4,
    numLayers: 1,
    dropout: 0.2,
    maxSeqLen: 9,
  });
});

test("dropout is between the layers, while training alone", () => {
  const model = build(charLstm, config, { seed: 1 });
  const run = (training: boolean) => logits(model, ids(1, 2, 3, 4), { training }).toArray();
  expect(run(false)).toEqual(run(false));
  expect(run(true)).not.toEqual(run(true));
});

test("its state forgets all or nothing, and goes from one cache to another", () => {
  const model = build(charLstm, config, { seed: 1 });
  const next = (id: number, cache: LstmState) =>
    noGrad(() => Array.from(logits(model, ids(id), { training: false, cache }).flatten().data(), Number));
  const made = model.newCache(1, 40);
  using cache = LstmState.of(made);
  expect([cache.capacity, model.newCache(1).capacity]).toEqual([40, 16]);
  const first = next(1, cache);
  const second = next(2, cache);
  expect([cache.truncate(5), cache.truncate(2), cache.length]).toEqual([2, 2, 2]);
  using other = LstmState.of(model.newCache(3));
  other.copyRow(2, cache, 0);
  expect(other.length).toBe(2);
  expect(other.h.select(1, 2).toArray()).toEqual(cache.h.select(1, 0).toArray());
  expect(other.c.select(1, 0).abs().sum().item()).toBe(0);
  expect([cache.truncate(1), cache.length]).toEqual([0, 0]);
  expect([next(1, cache), next(2, cache)]).toEqual([first, second]);
});

test("its state is where the model is, in its type, and holds nothing when it is disposed of", () => {
  const model = build(charLstm, config, { device: "meta", dtype: "bfloat16" });
  let kept = LstmState.of(model.newCache(1));
  {
    using state = LstmState.of(model.newCache(1));
    expect([state.h.device, state.h.dtype, state.c.device, state.c.dtype]).toEqual([
      "meta",
      "bfloat16",
      "meta",
      "bfloat16",
    ]);
    kept = state;
  }
  expect(() => kept.h.shape).toThrow("disposed");
  expect(() => kept.c.shape).toThrow("disposed");
});

test("a text begins with a state in the model's own type", () => {
  const model = build(charLstm, { ...config, dropout: 0 }, { dtype: "float64", seed: 1 });
  expect(noGrad(() => logits(model, ids(1, 2, 3), { training: false })).dtype).toBe("float64");
});

test("a token in one pass is expected to go on as by its layers, and leaves the state that they leave", () => {
  const model = build(charLstm, config, { seed: 1 });
  using cache = LstmState.of(model.newCache(2));
  using other = LstmState.of(model.newCache(2));
  for (const [a, b] of [
    [1, 2],
    [3, 0],
    [19, 19],
  ] as const) {
    const tokens = tensor([a, b], [2, 1], { dtype: "int64" });
    const [found, expected] = noGrad(() => [
      model.next?.([a, b], cache),
      logits(model, tokens, { training: false, cache: other }).select(1, 0),
    ]);
    expect(
      found
        ?.sub(expected ?? found)
        .abs()
        .max()
        .item(),
    ).toBeLessThan(1e-6);
  }
  expect([cache.length, other.length]).toEqual([3, 3]);
  expect(cache.h.sub(other.h).abs().max().item()).toBeLessThan(1e-6);
  const before = useFusedKernels(false);
  expect([model.next?.([1, 2], cache), cache.length]).toEqual([null, 3]);
  useFusedKernels(before);
});

test("a cache of another kind of model is refused", () => {
  const keys = build(gpt2, gpt2Config({ vocabSize: 20, nPositions: 8, nEmbd: 8, nLayer: 1, nHead: 1 }), { seed: 1 });
  using cache = keys.newCache(1);
  const model = build(charLstm, config, { seed: 1 });
  expect(() => logits(model, ids(1), { training: false, cache })).toThrow("made by a model of another kind");
});
