import { expect, test } from "vitest";
import { ones, randn, zeros } from "../create.js";
import { layerNorm } from "../functional.js";
import { noGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { type QkvLayout, sampleRows, unpackQkv } from "./index.js";
import { gpuKernels } from "./switch.js";

const how = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
const furthest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

test("one token of each sequence is turned by a rotation of its own as it is alone", () => {
  const qkv = randn([3, 1, 8 * 4]);
  const rotation = { cos: randn([3, 1, 1, 4]), sin: randn([3, 1, 1, 4]) };
  const headNorms = { q: randn([4]), k: randn([4]), eps: 1e-6 };
  const layout: QkvLayout = { heads: 4, kvHeads: 2, rotation, headNorms };
  const all = noGrad(() => unpackQkv(qkv, layout));
  for (let row = 0; row < 3; row += 1) {
    const own = { cos: rotation.cos.select(0, row).select(0, 0), sin: rotation.sin.select(0, row).select(0, 0) };
    const alone = unpackQkv(qkv.narrow(0, row, 1), { ...layout, rotation: own });
    for (const part of ["q", "k", "v"] as const) {
      expect(furthest(all[part].narrow(0, row, 1), alone[part])).toBeLessThan(1e-6);
    }
  }
});

// On a GPU packages/training/test/gpu-generate.test.ts compares them with the plain operators.
test.skipIf(gpuKernels().used)("what only a GPU has kernels for is not to be had on a CPU, and says so", () => {
  const layout = { heads: 2, rotation: { cos: ones([1, 4]), sin: zeros([1, 4]) } };
  expect(() => unpackQkv(randn([1, 1, 24]), layout, true)).toThrow("trainer::unpack_token");
  expect(() => unpackQkv(randn([1, 1, 24]), { heads: 2 }, true)).toThrow("trainer::unpack_token");
  expect(() => sampleRows(randn([1, 4]), null, how, zeros([1], { dtype: "float64" }), true)).toThrow(
    "trainer::sample_rows",
  );
  expect(() => layerNorm(randn([2, 4]), ones([4]), zeros([4]), 1e-5, () => true)).toThrow("trainer::layer_norm");
});
