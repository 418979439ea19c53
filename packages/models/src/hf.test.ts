import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  readSafetensors,
  setNumThreads,
  tensor,
  writeSafetensors,
  zeros,
  type DType,
  type Tensor,
} from "@trainer/torch";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fixtureOf } from "../test/fixtures.js";
import { readModelConfig } from "./config-file.js";
import { gpt2 } from "./gpt2.js";
import { gpt2Config } from "./gpt2-config.js";
import { loadModel, saveModel } from "./hf.js";
import { logits, type CausalLm } from "./model.js";
import { build } from "./registry.js";
import { readStoredIds } from "./stored-ids.js";

const FIXTURE = fixtureOf("gpt2");
setNumThreads(1);
let dir = "";
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "model-"))));
afterEach(() => rmSync(dir, { recursive: true }));

/** Vitest's matchers for parts of an expected value, without their `any`. */
const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const specials = { bosTokenId: 2, eosTokenId: 3, padTokenId: 0 };
const ids = tensor(BigInt64Array.from([5n, 6n, 7n, 8n]), [1, 4]);

async function logitsOf(folder: string): Promise<number[]> {
  const { model } = await loadModel(folder);
  return Array.from(logits(model, ids, { training: false }).flatten().data(), Number);
}

/** The fixture's folder with its weights changed. */
async function withWeights(change: (state: Map<string, Tensor>) => Iterable<[string, Tensor]>): Promise<string> {
  cpSync(FIXTURE, dir, { recursive: true });
  const { tensors } = readSafetensors(join(FIXTURE, "model.safetensors"));
  await writeSafetensors(join(dir, "model.safetensors"), new Map(change(new Map(tensors))));
  return dir;
}

function withConfig(change: object): string {
  cpSync(FIXTURE, dir, { recursive: true });
  const config: unknown = JSON.parse(readFileSync(join(FIXTURE, "config.json"), "utf8"));
  writeFileSync(join(dir, "config.json"), JSON.stringify(Object.assign({}, config, change)));
  return dir;
}

test("a saved model loads with the same weights, settings and special tokens", async () => {
  const config = gpt2Config({ vocabSize: 40, nPositions: 8, nEmbd: 12, nLayer: 2, nHead: 2, nInner: 20, embdPdrop: 0 });
  const model = build(gpt2, config, { seed: 1 });
  await saveModel(join(dir, "m"), model, specials);
  const loaded = await loadModel(join(dir, "m"));
  expect(loaded.specials).toEqual(specials);
  expect(loaded.model.config).toEqual(config);
  const weights = (of: CausalLm) => [...of.params.named()].map(([name, param]) => [name, param.data()]);
  expect(weights(loaded.model)).toEqual(weights(model));
  expect(readdirSync(join(dir, "m")).toSorted()).toEqual([
    "config.json",
    "generation_config.json",
    "model.safetensors",
  ]);
});

test("a GPT-2's config.json has the context by its older name too, which converters read", async () => {
  const config = gpt2Config({ vocabSize: 40, nPositions: 8, nEmbd: 12, nLayer: 1, nHead: 2 });
  await saveModel(join(dir, "m"), build(gpt2, config, { seed: 1 }), { ...specials, eosTokenId: [3, 1] });
  const written: unknown = JSON.parse(readFileSync(join(dir, "m", "config.json"), "utf8"));
  expect(written).toMatchObject({ n_positions: 8, n_ctx: 8, eos_token_id: [3, 1] });
  expect((await loadModel(join(dir, "m"))).specials.eosTokenId).toBe(3);
  expect(await readStoredIds(join(dir, "m"))).toMatchObject({ eos: [3, 1], ends: [3, 1], bos: 2, pad: 0 });
});

test("special tokens are read from the files there are, and a folder without any names none", async () => {
  const none = { bos: null, pad: null, eos: null };
  expect(await readStoredIds(dir)).toEqual({ ...none, ends: [], generation: null });
  writeFileSync(join(dir, "generation_config.json"), JSON.stringify({ eos_token_id: 4, top_k: 5 }));
  expect(await readStoredIds(dir)).toEqual({ ...none, ends: [4], generation: { eos_token_id: 4, top_k: 5 } });
  writeFileSync(join(dir, "config.json"), JSON.stringify({ bos_token_id: 1, eos_token_id: [2, 3], pad_token_id: 0 }));
  expect(await readStoredIds(dir)).toMatchObject({ bos: 1, pad: 0, eos: [2, 3], ends: [4] });
  writeFileSync(join(dir, "generation_config.json"), JSON.stringify({ eos_token_id: [] }));
  expect(await readStoredIds(dir)).toMatchObject({ eos: [2, 3], ends: [2, 3] }); // an empty list names none
});

test("a file without the prefix, as the first GPT-2 files are, loads the same", async () => {
  const folder = await withWeights((state) => [...state].map(([name, t]) => [name.replace("transformer.", ""), t]));
  expect(await logitsOf(folder)).toEqual(await logitsOf(FIXTURE));
});

test.each([
  ["gpt2", "transformer.", "transformer.ln_f.weight"],
  ["gpt2", "transformer.", "transformer.wte.weight"],
  ["llama", "model.", "model.norm.weight"],
  ["llama-untied", "model.", "model.embed_tokens.weight"],
  ["qwen3", "model.", "model.layers.1.self_attn.q_norm.weight"],
])(
  "a file of %s that has one parameter under two names, with %s and without, is refused by both",
  async (family, prefix, name) => {
    const bare = name.slice(prefix.length);
    const from = fixtureOf(family);
    cpSync(from, dir, { recursive: true });
    const { tensors } = readSafetensors(join(from, "model.safetensors"));
    const stored = new Map(tensors);
    const own = stored.get(name) ?? zeros([1]);
    for (const other of [own.mul(2), own.clone()]) {
      await writeSafetensors(join(dir, "model.safetensors"), new Map([...stored, [bare, other]]));
      await expect(loadModel(dir)).rejects.toMatchObject({
        code: "MODEL_INCOMPATIBLE",
        message: matching(new RegExp(`holds "(${name}|${bare})" and "(${name}|${bare})"`)),
      });
    }
  },
);

test("causal masks stored as buffers are passed over", async () => {
  const folder = await withWeights((state) => [
    ...state,
    ["transformer.h.0.attn.bias", zeros([1, 1, 4, 4])],
    ["transformer.h.1.attn.masked_bias", zeros([1])],
  ]);
  expect(await logitsOf(folder)).toEqual(await logitsOf(FIXTURE));
});

test.each<[DType, number]>([
  ["float16", 2e-2],
  ["bfloat16", 1e-1],
])("weights stored as %s become float32", async (dtype, tolerance) => {
  const folder = await withWeights((state) => [...state].map(([name, t]) => [name, t.to(dtype)]));
  const { model } = await loadModel(folder);
  expect(new Set(model.params.list().map((p) => p.dtype))).toEqual(new Set(["float32"]));
  const [half, full] = [await logitsOf(folder), await logitsOf(FIXTURE)];
  const difference = Math.max(...half.map((x, i) => Math.abs(x - (full[i] ?? Infinity))));
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(tolerance);
});

test("a head stored beside the embedding must be the same tensor", async () => {
  const wte = (state: Map<string, Tensor>) => state.get("transformer.wte.weight") ?? zeros([1]);
  const both = await withWeights((state) => [...state, ["lm_head.weight", wte(state).clone()]]);
  expect(await logitsOf(both)).toEqual(await logitsOf(FIXTURE));
  const headAlone = await withWeights((state) => {
    state.set("lm_head.weight", wte(state));
    state.delete("transformer.wte.weight");
    return state;
  });
  expect(await logitsOf(headAlone)).toEqual(await logitsOf(FIXTURE));
  const untied = await withWeights((state) => [...state, ["lm_head.weight", wte(state).mul(2)]]);
  await expect(loadModel(untied)).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    message: containing("the head must be tied"),
  });
  const otherShape = await withWeights((state) => [...state, ["lm_head.weight", zeros([3, 3])]]);
  await expect(loadModel(otherShape)).rejects.toMatchObject({ code: "MODEL_INCOMPATIBLE" });
});

test("missing and foreign tensors are all named", async () => {
  const folder = await withWeights((state) => {
    state.delete("transformer.ln_f.bias");
    return [...state, ["transformer.h.9.ln_1.weight", zeros([24])]];
  });
  await expect(loadModel(folder)).rejects.toMatchObject({
    code: "MODEL_LOAD_FAILED",
    message: matching(/ln_f\.bias.*h\.9\.ln_1\.weight/s),
  });
});

test("a config that says another size than the weights have is refused before any memory is taken for it", async () => {
  const folder = withConfig({ n_embd: 49_152, n_layer: 1000 }); // 100 terabytes
  await expect(loadModel(folder)).rejects.toMatchObject({
    code: "MODEL_LOAD_FAILED",
    message: matching(/wte\.weight is \(\d+,24\) where \(\d+,49152\) is needed; .*; and \d+ more$/),
  });
});

test("a damaged weights file is refused with its path", async () => {
  cpSync(FIXTURE, dir, { recursive: true });
  writeFileSync(join(dir, "model.safetensors"), "not one");
  await expect(loadModel(dir)).rejects.toMatchObject({
    code: "MODEL_LOAD_FAILED",
    message: containing(join(dir, "model.safetensors")),
    cause: { name: "TorchError" },
  });
});

test("a folder without a model is not found, and other formats are named", async () => {
  await expect(loadModel(join(dir, "none"))).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  cpSync(join(FIXTURE, "config.json"), join(dir, "config.json"));
  await expect(loadModel(dir)).rejects.toMatchObject({
    code: "MODEL_LOAD_FAILED",
    message: `${dir}: no model.safetensors`,
  });
  writeFileSync(join(dir, "pytorch_model.bin"), "");
  await expect(loadModel(dir)).rejects.toThrow("there is pytorch_model.bin, which is not read");
});

test.each([
  [{ scale_attn_by_inverse_layer_idx: true }, "scale_attn_by_inverse_layer_idx"],
  [{ tie_word_embeddings: false }, "tie_word_embeddings"],
  [{ activation_function: "relu" }, "activation_function"],
  [{ n_head: 5 }, "n_head"],
  [{ attn_pdrop: 1 }, "attn_pdrop"],
])("a config with %o is refused by name", async (change, name) => {
  await expect(readModelConfig(withConfig(change))).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    message: containing(name),
  });
});

test("what a config leaves out has the default it has in transformers", async () => {
  writeFileSync(join(dir, "config.json"), '{"model_type":"gpt2"}');
  expect(await readModelConfig(dir)).toMatchObject({
    config: { vocabSize: 50257, nPositions: 1024, nEmbd: 768, nLayer: 12, nHead: 12, layerNormEpsilon: 1e-5 },
    specials: { bosTokenId: 50256, eosTokenId: 50256, padTokenId: null },
  });
});

test("another model's config is refused with the families there are", async () => {
  await expect(readModelConfig(withConfig({ model_type: "bloom" }))).rejects.toMatchObject({
    code: "UNSUPPORTED_BACKEND",
    message: containing('"bloom"; there are: gpt2, llama'),
  });
  writeFileSync(join(dir, "config.json"), "{}");
  await expect(readModelConfig(dir)).rejects.toMatchObject({ code: "MODEL_LOAD_FAILED" });
  writeFileSync(join(dir, "config.json"), "7");
  await expect(readModelConfig(dir)).rejects.toMatchObject({ code: "MODEL_LOAD_FAILED" });
  writeFileSync(join(dir, "config.json"), "{");
  await expect(readModelConfig(dir)).rejects.toMatchObject({ code: "MODEL_LOAD_FAILED" });
});
