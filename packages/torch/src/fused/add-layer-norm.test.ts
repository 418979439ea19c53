import { expect, test } from "vitest";

import { difference, disagreements, leaf, numbers, valuesAndGradients } from "../../test/kernel-checks.js";
import { ones, zeros } from "../create.js";
import { layerNorm } from "../nn/index.js";
import { Params } from "../params.js";
import { manualSeed } from "../random.js";
import { addLayerNorm, addLayerNormReference } from "./index.js";

test.each([
  [1, 1],
  [13, 33],
  [130, 64],
])("residual addition and LayerNorm of (2, %i, %i)", (rows, dim) => {
  manualSeed(3);
  const norm = layerNorm(new Params(), dim, { eps: 1e-3 });
  const [x, branch] = [leaf(2, rows, dim), leaf(2, dim, rows)];
  expect(
    disagreements(
      () => addLayerNorm(x, branch.transpose(1, 2), norm),
      () => addLayerNormReference(x, branch.transpose(1, 2), norm, 0),
      [x, branch, norm.weight, norm.bias],
    ),
  ).toEqual([]);
  // The last sum of a model is not used: its gradient is absent.
  expect(
    disagreements(
      () => addLayerNorm(x, branch.transpose(1, 2), norm).slice(1),
      () => addLayerNormReference(x, branch.transpose(1, 2), norm, 0).slice(1),
      [x, branch, norm.weight, norm.bias],
    ),
  ).toEqual([]);
  expect(
    disagreements(
      () => addLayerNorm(x, branch.transpose(1, 2), norm).slice(0, 1),
      () => addLayerNormReference(x, branch.transpose(1, 2), norm, 0).slice(0, 1),
      [x, branch],
    ),
  ).toEqual([]);
});

test("dropout of the residual branch is undone by nothing: its gradient passes where its value did", () => {
  const norm = layerNorm(new Params(), 40);
  const x = leaf(50, 40);
  const masked = () => {
    manualSeed(4);
    return addLayerNorm(zeros([50, 40]), ones([50, 40]), norm, { dropout: 0.2 })[0];
  };
  const mask = masked(); // 0 or 1 / 0.8
  expect(new Set(numbers(mask))).toEqual(new Set([0, Math.fround(1 / Math.fround(0.8))]));
  expect(mask.mean().item()).toBeCloseTo(1, 1);
  const branch = leaf(50, 40);
  const found = valuesAndGradients(() => {
    manualSeed(4);
    return addLayerNorm(x, branch, norm, { dropout: 0.2 });
  }, [x, branch]);
  const wanted = valuesAndGradients(() => addLayerNormReference(x, branch.mul(mask), norm, 0), [x, branch]);
  expect(difference(found, wanted)).toBeLessThan(2e-5);
});
