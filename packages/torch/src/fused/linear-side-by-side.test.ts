import { expect, test } from "vitest";

import { disagreements, leaf, numbers } from "../../test/kernel-checks.js";
import { randn } from "../create.js";
import { linear } from "../functional.js";
import * as nn from "../nn/index.js";
import { Params } from "../params.js";
import { manualSeed } from "../random.js";
import { noGrad } from "../scope.js";
import { linearSideBySide, linearSideBySideReference } from "./index.js";

test.each([
  [1, 3, [5, 2, 1]],
  [16, 8, [7, 3]],
  [65, 20, [32, 16, 16]],
])("linear maps side by side of %i rows of %i to %j", (n, c, widths) => {
  manualSeed(10);
  const x = leaf(c, n);
  const weights = widths.map((d) => leaf(d, c));
  const biases = widths.map((d) => leaf(d));
  for (const some of [biases, []]) {
    expect(
      disagreements(
        () => [linearSideBySide(x.t(), weights, some)],
        () => [linearSideBySideReference(x.t(), weights, some)],
        [x, ...weights, ...some],
      ),
    ).toEqual([]);
  }
  const frozen = weights.map((weight) => weight.detach());
  const given = () => [linearSideBySide(x.t(), frozen, [])];
  expect(disagreements(given, given, [x])).toEqual([]);
  const learned = () => [linearSideBySide(x.detach().t(), weights, [])];
  expect(disagreements(learned, learned, weights)).toEqual([]);
});

test("each of a few rows comes out the same beside any other rows", () => {
  manualSeed(12);
  const [x, weights] = [randn([16, 35]), [randn([70, 35]), randn([20, 35])]];
  for (let row = 0; row < 16; row++) {
    const alone = numbers(linearSideBySide(x.narrow(0, row, 1), weights, []));
    expect(numbers(linearSideBySide(x, weights, []).select(0, row))).toEqual(alone);
  }
});

test("layers side by side are those layers, with and without biases and adapters", () => {
  manualSeed(13);
  const params = new Params();
  const [a, b] = [nn.linear(params.at("a"), 6, 4), nn.linear(params.at("b"), 6, 3)];
  const c = nn.linear(params.at("c"), 6, 2, { bias: false });
  noGrad(() => b.bias?.fill_(2));
  const x = randn([20, 6]);
  const [both, mixed] = [nn.sideBySide(a, b), nn.sideBySide(a, c)];
  expect(
    both(x).allclose(linearSideBySideReference(x, [a.weight, b.weight], [randn([4]).mul(0), randn([3]).mul(0).add(2)])),
  ).toBe(true);
  expect(mixed(x).narrow(-1, 4, 2).allclose(c(x))).toBe(true);
  const layer = params.adaptable().get("b");
  if (layer !== undefined) layer.adapter = (rows) => linear(rows, c.weight.narrow(0, 0, 1)).expand([20, 3]);
  expect(both(x).narrow(-1, 4, 3).allclose(b(x))).toBe(true);
});

test("linear maps side by side refuse what does not fit", () => {
  const x = randn([2, 4]);
  expect(() => linearSideBySide(x, [], [])).toThrow(/linear_side_by_side: there must be weights/);
  expect(() => linearSideBySide(x, [randn([3, 4])], [randn([3]), randn([3])])).toThrow(/as many biases or none/);
  expect(() => linearSideBySide(x, [randn([3, 5])], [])).toThrow(/do not fit/);
  expect(() => linearSideBySide(x, [randn([3, 4])], [randn([2])])).toThrow(/bias 0 must have 3/);
  expect(() => linearSideBySide(randn([0, 4]), [randn([3, 4])], [])).toThrow(/not empty/);
});
