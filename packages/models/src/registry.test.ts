import { containing } from "@trainer/testing";
import { getRngState } from "@trainer/torch";
import { expect, test } from "vitest";
import { addFamilyInfo, familyInfo, familyNames } from "./capabilities.js";
import { gpt2 } from "./gpt2.js";
import { gpt2Config } from "./gpt2-config.js";
import { llamaConfig } from "./llama-config.js";
import { llama } from "./llama.js";
import type { CausalLm } from "./model.js";
import { build, loadFamily, loadFamilyOf, planModel, planStored, registerFamily } from "./registry.js";

const small = gpt2Config({ vocabSize: 50, nPositions: 16, nEmbd: 64, nLayer: 3, nHead: 4 });

test("the same seed draws the same weights, another one others", () => {
  const weights = (seed: number) => Array.from(build(gpt2, small, { seed }).head.data(), Number);
  expect(weights(1)).toEqual(weights(1));
  expect(weights(1)).not.toEqual(weights(2));
});

test("without a seed the weights follow from the generator's state", () => {
  build(gpt2, small, { seed: 1 });
  const after = Buffer.from(getRngState());
  build(gpt2, small);
  expect(Buffer.from(getRngState()).equals(after)).toBe(false);
});

/** The spread of a parameter's numbers around zero. */
const spread =
  ({ params }: CausalLm) =>
  (name: string) => {
    const values = Array.from(params.named().get(name)?.data() ?? [], Number);
    return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  };

test.each([0.02, 0.1])(
  "a GPT-2's weights are drawn as the paper has them: %d, and less where residuals add up",
  (std) => {
    const of = spread(build(gpt2, { ...small, initializerRange: std }, { seed: 3 }));
    for (const name of ["wte", "wpe", "h.0.attn.c_attn", "h.2.mlp.c_fc"])
      expect(of(`transformer.${name}.weight`) / std).toBeCloseTo(1, 1);
    for (const name of ["h.0.attn.c_proj", "h.1.mlp.c_proj"])
      expect((of(`transformer.${name}.weight`) / std) * Math.sqrt(6)).toBeCloseTo(1, 1);
    expect(of("transformer.h.1.mlp.c_proj.bias")).toBe(0);
    expect(of("transformer.ln_f.weight")).toBe(1);
  },
);

test("a LLaMA's weights are all drawn with the range of its config, and its norms begin at one", () => {
  const sizes = { hiddenSize: 64, intermediateSize: 96, numHiddenLayers: 1, numAttentionHeads: 4 };
  const model = build(llama, llamaConfig({ vocabSize: 50, ...sizes, initializerRange: 0.1 }), { seed: 3 });
  const of = spread(model);
  const names = [...model.params.named().keys()];
  expect(names).toHaveLength(12);
  for (const name of names) expect(of(name) / (name.includes("norm") ? 1 : 0.1)).toBeCloseTo(1, 1);
});

/** Published, or counted by hand: with the vocabulary and context given. */
test.each([
  ["gpt2", "tiny", 50257, 1024, 16_287_488],
  ["gpt2", "small", 50257, 1024, 124_439_808],
  ["gpt2", "medium", 50257, 1024, 354_823_168],
  ["gpt2", "large", 50257, 1024, 774_030_080],
  ["gpt2", "xl", 50257, 1024, 1_557_611_200],
  ["llama", "tiny", 32000, 512, 11_143_424],
  ["llama", "mini", 32000, 256, 15_191_712],
  ["llama", "base", 32000, 1024, 41_689_600],
  ["llama", "small", 32000, 1024, 109_529_856],
  ["llama", "1b", 128256, 131072, 1_235_814_400],
  ["qwen", "0.5b", 151936, 32768, 494_032_768],
  ["qwen", "0.6b", 151936, 40960, 596_049_920],
  ["qwen", "1.5b", 151936, 131072, 1_543_714_304],
  ["qwen", "1.7b", 151936, 40960, 1_720_574_976],
])(
  "a %s %s with %i tokens and a context of %i has %i parameters",
  (family, size, vocabSize, contextLength, expected) => {
    const model = planModel(family, { size, vocabSize, contextLength }).build({ device: "meta" }); // shapes alone: no memory
    expect(model.params.count()).toBe(expected);
    expect(model).toMatchObject({ family, vocabSize, contextLength });
  },
);

test("every size of every family can be built", () => {
  for (const family of familyNames())
    for (const size of Object.keys(familyInfo(family)?.sizes ?? {}))
      expect(planModel(family, { size }).build({ device: "meta" }).params.count()).toBeGreaterThan(0);
});

test("own dimensions take the place of a size's", () => {
  const dimensions = { nLayer: 2, nInner: 100 };
  const plan = planModel("gpt2", { size: "tiny", dimensions, vocabSize: 300, contextLength: 16 });
  expect(plan.config).toMatchObject({ nLayer: 2, nEmbd: 256, nInner: 100, nPositions: 16 });
  const inner = plan.build({ device: "meta" }).params.named().get("transformer.h.1.mlp.c_fc.weight");
  expect(inner?.shape).toEqual([256, 100]);
});

test("dimensions that no model can have are refused by name", () => {
  expect(() => gpt2Config({ nEmbd: 10, nHead: 3 })).toThrow("n_embd 10 is not a multiple of n_head 3");
  expect(() => gpt2Config({ nLayer: 0 })).toThrow("n_layer");
});

test.each([
  ["gpt2", { nLayer: 1025 }, "n_layer: must be <= 1024"],
  ["gpt2", { nEmbd: 2 ** 21, nHead: 1 }, "n_embd: must be <= 1048576"],
  ["gpt2", { nInner: 2 ** 21 }, "n_inner: must be <= 1048576"],
  ["gpt2", { nEmbd: 8192, nHead: 8192 }, "n_head: must be <= 4096"],
  ["llama", { numHiddenLayers: 1e9 }, "num_hidden_layers: must be <= 1024"],
  ["llama", { intermediateSize: 2 ** 21 }, "intermediate_size: must be <= 1048576"],
  ["llama", { numKeyValueHeads: 4097 }, "num_key_value_heads: must be <= 4096"],
  ["qwen", { headDim: 2 ** 21 }, "head_dim: must be <= 1048576"],
  ["qwen", { hiddenSize: 2 ** 21 }, "hidden_size: must be <= 1048576"],
  ["char_lstm", { hiddenDim: 2 ** 21 }, "hidden_dim: must be <= 1048576"],
  ["char_lstm", { embedDim: 2 ** 21 }, "embed_dim: must be <= 1048576"],
  ["char_lstm", { numLayers: 1025 }, "num_layers: must be <= 1024"],
])("a %s of %j is refused with the most there may be", (family, dimensions, bound) => {
  expect(() => planModel(family, { size: "tiny", dimensions })).toThrow(bound);
});

test("a context and a vocabulary have a most too", () => {
  expect(() => planModel("gpt2", { size: "tiny", contextLength: 2 ** 26 })).toThrow("n_positions: must be <= 33554432");
  expect(() => planModel("llama", { size: "tiny", vocabSize: 2 ** 26 })).toThrow("vocab_size: must be <= 33554432");
});

test("dimensions of another family are refused with those there are", () => {
  const foreign = () => planModel("gpt2", { size: "tiny", dimensions: { hiddenSize: 64, headDim: 8 } });
  expect(foreign).toThrow(
    expect.objectContaining({
      code: "INVALID_DIMENSIONS",
      message: containing("gpt2 has no hiddenSize, headDim; its dimensions are: nLayer, nEmbd, nHead, nInner"),
    }),
  );
});

test("an unknown family is refused with those there are", () => {
  expect(() => planModel("b".repeat(1e6), { size: "tiny" })).toThrow(/^no model family "b{9900,10000} …$/);
  expect(() => planModel("bloom", { size: "tiny" })).toThrow('no model family "bloom"; there are: gpt2');
});

test("a taken name is refused, known with its code or without", () => {
  expect(() => registerFamily(gpt2)).toThrow('there is a model family "gpt2" already');
  expect(() => addFamilyInfo(gpt2)).toThrow('there is a model family "gpt2" already');
});

test("the code of a family that is known by its name is loaded when it, or a file of it, is asked for", async () => {
  const loads: string[] = [];
  const late = (name: string) => {
    const family = { ...gpt2, name, modelTypes: ["gpt2", `${name}-file`] as const };
    const load = async () => {
      loads.push(name);
      registerFamily(family);
    };
    addFamilyInfo(family, load);
  };
  for (const name of ["late", "later", "last"]) late(name);
  expect(() => planModel("late", { size: "tiny" })).toThrow('no model family "late"');
  for (const name of ["late", "late", "gpt2", "bloom"]) await loadFamily(name);
  expect(planModel("late", { size: "tiny" }).family).toBe("late");
  await loadFamilyOf("later-file");
  expect(planStored("later-file", { model_type: "gpt2" }, "config.json")?.family).toBe("later");
  expect(loads).toEqual(["late", "later"]);
  await loadFamilyOf(null); // it may be of any
  expect(loads).toEqual(["late", "later", "last"]);
});
