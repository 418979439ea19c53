import { describe, expect, test } from "vitest";
import { error, leafOf, measured, mostTypes, numbers, thorough, types, used } from "../../test/gpu-kernels.js";
import { layerNorm, rmsNorm } from "../functional.js";
import { manualSeed } from "../random.js";
import type { Tensor } from "../tensor.js";
import { addLayerNorm, addRmsNorm } from "./index.js";

describe.skipIf(!used)("kernels for GPUs", () => {
  // One warp a row, with vectors of eight, four and one; a block a row.
  const widths = thorough ? [768, 64, 100, 33, 1000, 2048, 5000] : [96, 33, 1100];
  test.each(mostTypes.flatMap((type) => widths.map((width) => [type, width] as const)))(
    "norms in %s of %i",
    (type, c) => {
      manualSeed(1);
      const rows = thorough ? [3, 37] : [3, 7];
      const [x, branch, weight, bias] = [leafOf([...rows, c]), leafOf([...rows, c]), leafOf([c]), leafOf([c])];
      const norm = Object.assign((t: Tensor) => t, { weight, bias, eps: 1e-5 });
      expect(error(type, () => addLayerNorm(x, branch, norm), [x, branch, weight, bias])).toBeLessThan(1);
      expect(error(type, () => addRmsNorm(x, branch, { weight, eps: 1e-6 }), [x, branch, weight])).toBeLessThan(1);
      expect(error(type, () => [layerNorm(x, weight, bias)], [x, weight, bias])).toBeLessThan(1);
      expect(error(type, () => [rmsNorm(x, weight)], [x, weight])).toBeLessThan(1);
    },
  );

  test.each(types)("a residual branch is thinned in %s, and its gradient by the same mask", (type) => {
    manualSeed(7);
    const [x, branch, weight, bias] = [leafOf([40, 96]), leafOf([40, 96]), leafOf([96]), leafOf([96])];
    const norm = Object.assign((t: Tensor) => t, { weight, bias, eps: 1e-5 });
    const thinned = (seed: number) => {
      manualSeed(seed);
      const found = measured(type, () => addLayerNorm(x, branch, norm, { dropout: 0.25 }), [x, branch, weight, bias]);
      const [sum = new Float64Array(), , , ofBranch = new Float64Array()] = found;
      const [given, added] = [numbers(x), numbers(branch)];
      const kept = [...sum].map((v, i) => Math.abs(v - (given[i] ?? NaN)) > 1e-3 * Math.abs(added[i] ?? NaN));
      expect([...ofBranch].filter((v, i) => (v !== 0) !== kept[i]).length).toBeLessThan(5); // all but tiny numbers
      return kept.map(Number);
    };
    const first = thinned(9);
    expect(first.reduce((sum, v) => sum + v, 0) / first.length).toBeCloseTo(0.75, 1);
    expect(thinned(9)).toEqual(first);
    expect(thinned(10)).not.toEqual(first);
  });
});
