import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratch, type Scratch } from "@trainer/testing";
import { setNumThreads, tensor } from "@trainer/torch";
import { describe, expect, test } from "vitest";
import { charLstm } from "../char-lstm.js";
import { charLstmConfig } from "../char-lstm-config.js";
import { gpt2 } from "../gpt2.js";
import { gpt2Config, type KnownGpt2Config } from "../gpt2-config.js";
import { loadModel } from "../hf.js";
import { llama } from "../llama.js";
import { llamaConfig, type KnownLlamaConfig } from "../llama-config.js";
import { logits, type CausalLm } from "../model.js";
import { qwen } from "../qwen.js";
import { qwenConfig, type KnownQwenConfig } from "../qwen-config.js";
import { build } from "../registry.js";
import { openGguf } from "./open-gguf.js";
import { readGgufModel } from "./read-model.js";
import { f32, text, u32, type TypedMetadata } from "./values.js";
import { writeGguf, type WrittenTensor } from "./write-gguf.js";
import { checkGguf, sizeLabel, writeGgufModel } from "./write-model.js";

setNumThreads(1);

const ids = tensor(BigInt64Array.from([5n, 6n, 7n, 8n, 9n]), [1, 5]);
const numbers = (model: CausalLm) => Array.from(logits(model, ids, { training: false }).flatten().data(), Number);

/** A GGUF file opened as a model: its config as a folder has it, its weights from the file. */
async function open(path: string): Promise<CausalLm> {
  const dir = `${path}.folder`;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "config.json"), JSON.stringify(readGgufModel(openGguf(path)).config));
  const { model } = await loadModel(dir, { weights: path });
  await rm(dir, { recursive: true });
  return model;
}

const fixture = async (name: string) =>
  (await loadModel(fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url)))).model;

const decoder = {
  vocabSize: 40,
  hiddenSize: 16,
  intermediateSize: 24,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 64,
};
const small = { vocabSize: 40, nPositions: 64, nEmbd: 16, nLayer: 2, nHead: 4 };
const aGpt2 = (more: KnownGpt2Config = {}) => build(gpt2, gpt2Config({ ...small, ...more }), { seed: 1 });
const aLlama = (more: KnownLlamaConfig = {}) => build(llama, llamaConfig({ ...decoder, ...more }), { seed: 2 });
const aQwen = (more: KnownQwenConfig = {}) => build(qwen, qwenConfig({ ...decoder, ...more }), { seed: 3 });
const llama3 = {
  rope_type: "llama3",
  factor: 4,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};
const yarn = { rope_type: "yarn", factor: 4 };

describe("a model that was written in f32 is read back with the same logits, to the bit", () => {
  test.each<[string, () => CausalLm | Promise<CausalLm>]>([
    ["gpt2 of transformers", () => fixture("gpt2")],
    ["llama of transformers", () => fixture("llama")],
    ["llama of transformers, its head apart", () => fixture("llama-untied")],
    ["qwen2 of transformers", () => fixture("qwen2")],
    ["qwen3 of transformers", () => fixture("qwen3")],
    ["gpt2 with a feed-forward layer of its own", () => aGpt2({ nInner: 20 })],
    ["llama with biases and wide heads", () => aLlama({ attentionBias: true, mlpBias: true, headDim: 16 })],
    ["llama with one head for keys", () => aLlama({ numKeyValueHeads: 1 })],
    ["llama with Llama 3.1's scaling", () => aLlama({ ropeScaling: llama3 })],
    [
      "llama with settings of its own for that",
      () => aLlama({ ropeScaling: { ...llama3, low_freq_factor: 2, high_freq_factor: 8 } }),
    ],
    ["llama with linear scaling", () => aLlama({ ropeScaling: { rope_type: "linear", factor: 2 } })],
    ["llama with YaRN", () => aLlama({ ropeScaling: { ...yarn, original_max_position_embeddings: 16 } })],
    [
      "llama with YaRN from its own context",
      () => aLlama({ ropeScaling: { ...yarn, beta_fast: null, beta_slow: null } }),
    ],
  ])("%s", async (_name, make) => {
    await using folder = await scratch();
    const model = await make();
    const path = folder.join("a.gguf");
    await writeGgufModel(path, model, { type: "f32", name: "a" });
    expect(numbers(await open(path))).toEqual(numbers(model));
  });
});

test("the file says what llama.cpp asks for", async () => {
  await using folder = await scratch();
  const path = folder.join("a.gguf");
  const own = [["tokenizer.ggml.model", text("gpt2")]] as const;
  await writeGgufModel(path, aGpt2(), { type: "q8_0", name: "mine", metadata: own });
  const { metadata, tensors } = openGguf(path);
  expect(Object.fromEntries(metadata)).toEqual({
    "general.architecture": "gpt2",
    "general.type": "model",
    "general.name": "mine",
    "general.size_label": "8.26K",
    "general.file_type": 7,
    "general.quantization_version": 2,
    "gpt2.block_count": 2,
    "gpt2.context_length": 64,
    "gpt2.embedding_length": 16,
    "gpt2.feed_forward_length": 64,
    "gpt2.attention.head_count": 4,
    "gpt2.attention.layer_norm_epsilon": Math.fround(1e-5),
    "tokenizer.ggml.model": "gpt2",
  });
  expect(tensors.get("blk.1.attn_qkv.weight")?.shape).toEqual([48, 16]); // outputs by inputs
});

test("matrices are in the type, vectors and positions in f32, and rows that no block fits in f16", async () => {
  await using folder = await scratch();
  const wide = aGpt2({ nEmbd: 32, nInner: 40 });
  const { inHalf } = await writeGgufModel(folder.join("a.gguf"), wide, { type: "q8_0", name: "a" });
  expect(inHalf).toEqual(["blk.0.ffn_down.weight", "blk.1.ffn_down.weight"]);
  const types = Object.fromEntries(
    [...openGguf(folder.join("a.gguf")).tensors].map(([name, { type }]) => [name, type]),
  );
  expect(types).toMatchObject({
    "token_embd.weight": "q8_0",
    "position_embd.weight": "f32",
    "output_norm.bias": "f32",
    "blk.0.attn_qkv.weight": "q8_0",
    "blk.0.ffn_down.weight": "f16",
  });
  const { inHalf: none } = await writeGgufModel(folder.join("b.gguf"), wide, { type: "f16", name: "b" });
  expect(none).toEqual([]);
});

test.each([
  [1, "f16", 1e-3],
  [2, "bf16", 1e-2],
  [3, "q8_0", 1e-2],
] as const)("logits in smaller types are near (%#)", async (_i, type, near) => {
  await using folder = await scratch();
  const model = aLlama({ hiddenSize: 32, intermediateSize: 64, initializerRange: 0.2 });
  await writeGgufModel(folder.join("a.gguf"), model, { type, name: "a" });
  const back = numbers(await open(folder.join("a.gguf")));
  const own = numbers(model);
  const largest = Math.max(...own.map(Math.abs));
  const worst = Math.max(...own.map((logit, i) => Math.abs(logit - (back[i] ?? NaN))));
  expect(worst).toBeLessThan(near * 3 * largest);
  expect(worst).toBeGreaterThan(0);
});

test.each([
  [450, "0.45K"],
  [8224, "8.22K"],
  [124_439_808, "124M"],
  [1_230_000_000, "1.23B"],
])("%i parameters are %s in short", (count, label) => {
  expect(sizeLabel(count)).toBe(label);
});

describe("what llama.cpp has not is refused by name", () => {
  test.each<[string, CausalLm, RegExp]>([
    [
      "an LSTM",
      build(charLstm, charLstmConfig({ vocabSize: 10 }), { device: "meta" }),
      /it is a char_lstm, and llama.cpp has of the families here gpt2, llama, qwen/,
    ],
    ["the exact gelu", aGpt2({ activationFunction: "gelu" }), /its activation is the exact gelu/],
    ["a soft cap", aLlama({ finalLogitSoftcapping: 30 }), /its logits have a soft cap/],
    ["Qwen3 with biases", aQwen({ attentionBias: true }), /it is a Qwen3 with biases/],
    ["dynamic scaling", aLlama({ ropeScaling: { rope_type: "dynamic", factor: 2 } }), /scaled by the text's length/],
    [
      "YaRN with an attention factor",
      aLlama({ ropeScaling: { ...yarn, attention_factor: 1.5 } }),
      /its YaRN has settings/,
    ],
    ["YaRN with a scale", aLlama({ ropeScaling: { ...yarn, mscale: 1 } }), /its YaRN has settings/],
    ["YaRN with a scale for all", aLlama({ ropeScaling: { ...yarn, mscale_all_dim: 1 } }), /its YaRN has settings/],
    ["YaRN that is not cut", aLlama({ ropeScaling: { ...yarn, truncate: false } }), /its YaRN has settings/],
    ["YaRN that is fast", aLlama({ ropeScaling: { ...yarn, beta_fast: 16 } }), /its YaRN has settings/],
    ["YaRN that is slow", aLlama({ ropeScaling: { ...yarn, beta_slow: 2 } }), /its YaRN has settings/],
  ])("%s", async (_name, model, message) => {
    await using folder = await scratch();
    expect(() => checkGguf(model)).toThrow(message);
    const path = folder.join("a.gguf");
    await expect(writeGgufModel(path, model, { type: "f32", name: "a" })).rejects.toThrow(
      "there is no GGUF of this model",
    );
    expect(() => openGguf(path)).toThrow("cannot be read");
  });

  test("a parameter that it does not know", async () => {
    await using folder = await scratch();
    const model = aGpt2();
    model.params
      .at("transformer")
      .at("extra")
      .param("weight", [2], () => {});
    const written = writeGgufModel(folder.join("a.gguf"), model, { type: "f32", name: "a" });
    await expect(written).rejects.toThrow("it has the parameter transformer.extra.weight");
  });
});

describe("a file of a model that there is not here, or that is none, is refused by name", () => {
  /** A LLaMA's file with other metadata or tensors. */
  async function changed(folder: Scratch, more: TypedMetadata, tensors: readonly WrittenTensor[] = [], without = "") {
    const path = folder.join("a.gguf");
    await writeGgufModel(folder.join("sound.gguf"), aLlama(), { type: "f32", name: "a" });
    const sound = openGguf(folder.join("sound.gguf"));
    const whole = [...sound.metadata].flatMap(([key, value]) =>
      key === without || more.some(([other]) => other === key)
        ? []
        : [
            [
              key,
              typeof value === "string"
                ? text(value)
                : Number.isInteger(value)
                  ? u32(Number(value))
                  : f32(Number(value)),
            ] as const,
          ],
    );
    const own = [...sound.tensors].filter(([name]) => name !== without);
    const rest = own.map(([name, { shape, type }]): WrittenTensor => {
      const bytes = shape.reduce((a, b) => a * b, 4);
      return { name, shape, type, parts: () => [new Uint8Array(bytes)] };
    });
    await writeGguf(path, [...whole, ...more], [...rest, ...tensors]);
    return path;
  }
  const vector = (name: string, size: number): WrittenTensor => ({
    name,
    type: "f32",
    shape: [size],
    parts: () => [new Uint8Array(Float32Array.from({ length: size }, (_, i) => size + 3 - i).buffer)],
  });
  const cases: readonly [string, TypedMetadata, readonly WrittenTensor[], string, RegExp][] = [
    [
      "another architecture",
      [["general.architecture", text("mamba")]],
      [],
      "",
      /its architecture is mamba; there are: gpt2, llama, qwen2, qwen3/,
    ],
    ["an adapter", [["general.type", text("adapter")]], [], "", /it holds no model but a part of one \(adapter\)/],
    ["one file of several", [["split.count", u32(3)]], [], "", /it is one of 3 files; llama-gguf-split --merge/],
    ["none", [], [], "general.architecture", /it has no general.architecture/],
    ["a mixture of experts", [["llama.expert_count", u32(8)]], [], "", /it is a mixture of 8 experts/],
    ["no depth", [], [], "llama.block_count", /llama.block_count is missing/],
    [
      "a depth that is none",
      [["llama.block_count", u32(100_000)]],
      [],
      "",
      /llama.block_count is 100000 \(must be <= 1024\)/,
    ],
    ["a depth that is a text", [["llama.block_count", text("two")]], [], "", /llama.block_count is two/],
    ["heads of two sizes", [["llama.attention.value_length", u32(8)]], [], "", /4 numbers in keys and 8 in values/],
    [
      "a part of a head that is turned",
      [["llama.rope.dimension_count", u32(2)]],
      [],
      "",
      /rope.dimension_count 2 of a head's 4/,
    ],
    [
      "an unknown scaling",
      [["llama.rope.scaling.type", text("longrope")]],
      [],
      "",
      /llama.rope.scaling.type is longrope/,
    ],
    [
      "factors that are not Llama's",
      [],
      [vector("rope_freqs.weight", 2)],
      "",
      /rope_freqs.weight are not those of Llama 3.1's scaling/,
    ],
    ["no embedding", [], [], "token_embd.weight", /it has no tensor token_embd.weight/],
    [
      "another tensor",
      [],
      [vector("blk.0.attn_sinks.weight", 4)],
      "",
      /it has the tensor "blk.0.attn_sinks.weight", which no such model here has/,
    ],
    ["a missing tensor", [], [], "blk.1.ffn_up.weight", /model.layers.1.mlp.up_proj.weight is missing/],
    ["more layers than it holds", [["llama.block_count", u32(3)]], [], "", /model.layers.2.*is missing/],
    ["heads that do not divide", [["llama.attention.head_count", u32(3)]], [], "", /a\.gguf/],
    ["a vector in an embedding's place", [], [vector("token_embd.weight", 4)], "token_embd.weight", /./],
  ];
  test.each(cases)("%s", async (_name, more, tensors, without, message) => {
    await using folder = await scratch();
    const path = await changed(folder, more, tensors, without);
    await expect(open(path)).rejects.toThrow(message);
    await expect(open(path)).rejects.toMatchObject({ name: "ModelError" });
  });

  test("what a file leaves out is as llama.cpp has it", async () => {
    await using folder = await scratch();
    const path = await changed(folder, [], [], "llama.attention.head_count_kv");
    expect(readGgufModel(openGguf(path)).config).toMatchObject({ num_key_value_heads: 4 });
    const other = await changed(folder, [["llama.rope.scaling.type", text("yarn")]], [], "llama.attention.key_length");
    expect(readGgufModel(openGguf(other)).config).toMatchObject({
      head_dim: 4,
      rope_scaling: { rope_type: "yarn", factor: 1 },
    });
    const values = await changed(folder, [], [], "llama.attention.value_length");
    expect(readGgufModel(openGguf(values)).config).toMatchObject({ head_dim: 4 });
    const plain = await changed(folder, [], [], "llama.rope.dimension_count");
    expect(readGgufModel(openGguf(plain)).config).toMatchObject({ rope_theta: 10_000, rope_scaling: null });
  });

  test("metadata that is a list where a number is wanted", async () => {
    await using folder = await scratch();
    const path = folder.join("a.gguf");
    const list = { type: "array", of: "uint32", value: [1, 2] } as const;
    await writeGguf(
      path,
      [
        ["general.architecture", text("gpt2")],
        ["gpt2.block_count", list],
      ],
      [],
    );
    expect(() => readGgufModel(openGguf(path))).toThrow("gpt2.block_count is an array");
  });
});
