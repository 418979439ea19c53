import { expect, test } from "vitest";

import { difference, disagreements, leaf, numbers } from "../../test/kernel-checks.js";
import { ones, tensor, zeros } from "../create.js";
import { gelu } from "../functional.js";
import { manualSeed } from "../random.js";
import { noGrad } from "../scope.js";
import { geluMlp, geluMlpReference } from "./index.js";

test.each([
  [1, 1, 1, 1],
  [5, 7, 9, 3],
  [600, 33, 130, 20], // three chunks of rows
])("GELU between two linear maps: (%i, %i) by %i to %i", (n, c, d, e) => {
  manualSeed(5);
  const x = leaf(n, c);
  const [w1, b1, w2, b2] = [leaf(c, d), leaf(d), leaf(e, d), leaf(e)];
  const weights = () => ({ w1, b1, w2: w2.t(), b2 });
  expect(
    disagreements(
      () => [geluMlp(x.mul(1 / Math.sqrt(c)), weights()).mul(1 / Math.sqrt(d))],
      () => [geluMlpReference(x.mul(1 / Math.sqrt(c)), weights()).mul(1 / Math.sqrt(d))],
      [x, w1, b1, w2, b2],
    ),
  ).toEqual([]);
  expect(numbers(noGrad(() => geluMlp(x, weights())))).toEqual(numbers(geluMlp(x, weights())));
});

test("GELU by tanh is right where it is flat, steep and out of range", () => {
  const x = tensor([-1e4, -90, -10, -1, -1e-3, 0, 1e-3, 1, 10, 90, 1e4]).unsqueeze(1); // (11, 1)
  const one = { w1: ones([1, 1]), b1: zeros([1]), w2: ones([1, 1]), b2: zeros([1]) };
  const wanted = gelu(x, { approximate: "tanh" });
  expect(difference([numbers(geluMlp(x, one))], [numbers(wanted)])).toBeLessThan(1e-7);
  expect(geluMlp(tensor([NaN]).unsqueeze(1), one).item()).toBeNaN(); // a run that breaks down must show it
});
