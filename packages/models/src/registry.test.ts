import { getRngState } from "@trainer/torch";
import { expect, test } from "vitest";
import { families, gpt2Parameters, sizeOf } from "./capabilities.js";
import { gpt2Config } from "./gpt2-config.js";
import { build, configFor, familyNamed } from "./registry.js";

const small = gpt2Config({ vocabSize: 50, nPositions: 16, nEmbd: 64, nLayer: 3, nHead: 4 });

test("the same seed draws the same weights, another one others", () => {
  const weights = (seed: number) => Array.from(build("gpt2", small, { seed }).head.data(), Number);
  expect(weights(1)).toEqual(weights(1));
  expect(weights(1)).not.toEqual(weights(2));
});

test("without a seed the weights follow from the generator's state", () => {
  build("gpt2", small, { seed: 1 });
  const after = Buffer.from(getRngState());
  build("gpt2", small);
  expect(Buffer.from(getRngState()).equals(after)).toBe(false);
});

test("weights are drawn as the paper has them: 0.02, and less where residuals add up", () => {
  const { params } = build("gpt2", small, { seed: 3 });
  const std = (name: string) => {
    const values = Array.from(params.named().get(name)?.data() ?? [], Number);
    return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  };
  expect(std("transformer.h.0.attn.c_attn.weight")).toBeCloseTo(0.02, 3);
  expect(std("transformer.h.2.mlp.c_fc.weight")).toBeCloseTo(0.02, 3);
  expect(std("transformer.h.0.attn.c_proj.weight")).toBeCloseTo(0.02 / Math.sqrt(6), 3);
  expect(std("transformer.h.1.mlp.c_proj.weight")).toBeCloseTo(0.02 / Math.sqrt(6), 3);
  expect(std("transformer.h.1.mlp.c_proj.bias")).toBe(0);
  expect(std("transformer.ln_f.weight")).toBe(1);
});

test.each(Object.keys(families.gpt2.sizes))("a %s model has as many parameters as it is said to", (size) => {
  const config = configFor("gpt2", size, { vocabSize: 1000, nPositions: 64 });
  const { params } = build("gpt2", config, { device: "meta" }); // shapes alone: no memory
  const dimensions = sizeOf("gpt2", size);
  expect(params.count()).toBe(dimensions && gpt2Parameters(dimensions, 1000, 64));
});

test("own dimensions take the place of a size's", () => {
  const config = configFor("gpt2", "tiny", { nLayer: 2, nInner: 100, vocabSize: 300, nPositions: 16 });
  expect(config).toMatchObject({ nLayer: 2, nEmbd: 256, nInner: 100 });
  const inner = build("gpt2", config, { device: "meta" }).params.named().get("transformer.h.1.mlp.c_fc.weight");
  expect(inner?.shape).toEqual([256, 100]);
});

test("dimensions that no model can have are refused by name", () => {
  expect(() => gpt2Config({ nEmbd: 10, nHead: 3 })).toThrow("n_embd 10 is not a multiple of n_head 3");
  expect(() => gpt2Config({ nLayer: 0 })).toThrow("n_layer");
});

test("an unknown family or size is refused with what there is", () => {
  expect(() => familyNamed("llama")).toThrow('no model family "llama"; there are: gpt2');
  expect(() => configFor("gpt2", "huge", {})).toThrow('gpt2 has no size "huge"; there are: tiny, small');
  expect(familyNamed("gpt2")).toBe("gpt2");
});
