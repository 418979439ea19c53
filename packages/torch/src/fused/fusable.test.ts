import { expect, test } from "vitest";

import { autocast } from "../amp.js";
import { randn } from "../create.js";
import { linear } from "../functional.js";
import { layerNorm } from "../nn/index.js";
import { Params } from "../params.js";
import { addLayerNorm, addRmsNorm, linearSideBySide, swigluMlp, causalAttention, geluMlp } from "./index.js";

test("shapes that do not fit and other types are refused with the operator's name", () => {
  const norm = layerNorm(new Params(), 4);
  expect(() => addLayerNorm(randn([2, 4]), randn([3, 4]), norm)).toThrow(/add_layer_norm: .* do not fit/);
  expect(() => addLayerNorm(randn([2, 4]), randn([2, 4]), norm, { dropout: 1 })).toThrow(/dropout must be/);
  expect(() => causalAttention(randn([1, 2, 10]), { heads: 3 })).toThrow(/causal_attention: .* 3 heads of queries/);
  expect(() => causalAttention(randn([1, 2, 12]), { heads: 2 ** 52 })).toThrow(/causal_attention: .* heads/);
  const heads = { heads: 4, kvHeads: 2 };
  expect(() => causalAttention(randn([1, 2, 24]), { heads: 4, kvHeads: 3 })).toThrow(/multiple of 3 of keys/);
  const rotation = { cos: randn([2, 3]), sin: randn([2, 3]) };
  expect(() => causalAttention(randn([1, 2, 24]), { ...heads, rotation })).toThrow(/no pairs to turn/);
  expect(() => causalAttention(randn([1, 3, 32]), { ...heads, rotation })).toThrow(/cos must be \[3, 4\]/);
  const headNorms = { q: randn([4]), k: randn([3]), eps: 1e-6 };
  expect(() => causalAttention(randn([1, 3, 32]), { ...heads, headNorms })).toThrow(/k_weight must be \[4\]/);
  const weights = { w1: randn([4, 8]), b1: randn([7]), w2: randn([8, 4]), b2: randn([4]) };
  expect(() => geluMlp(randn([2, 4]), weights)).toThrow(/gelu_mlp: .* do not fit/);
  expect(() => linear(randn([16, 4]), randn([5, 3]))).toThrow(/do not fit/);
});

test("what the kernels cannot take goes through the plain operators: float64, and autocast", () => {
  const norm = layerNorm(new Params({ dtype: "float64" }), 4);
  const double = (...shape: number[]) => randn(shape, { dtype: "float64" });
  expect(addLayerNorm(double(2, 4), double(2, 4), norm)[1].dtype).toBe("float64");
  expect(causalAttention(double(1, 2, 12), { heads: 2 }).dtype).toBe("float64");
  const affine = { weight: double(4, 4), bias: null };
  expect(addRmsNorm(double(2, 4), double(2, 4), { weight: double(4), eps: 1 }).map((t) => t.dtype)).toEqual([
    "float64",
    "float64",
  ]);
  expect(swigluMlp(double(2, 4), { gate: affine, up: affine, down: affine }).dtype).toBe("float64");
  expect(linearSideBySide(double(2, 4), [double(4, 4)], []).dtype).toBe("float64");
  const product = autocast({ device: "cpu", dtype: "bfloat16" }, () => linear(randn([16, 4]), randn([4, 4])));
  expect(product.dtype).toBe("bfloat16");
  expect(linear(randn([16, 4]), randn([4, 4])).dtype).toBe("float32");
});
