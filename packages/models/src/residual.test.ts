import { addRmsNorm, manualSeed, nn, Params, randn, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { eachTensor, residual, type Residual } from "./residual.js";

const norm = nn.rmsNorm(new Params(), 16);
const layer = (a: Tensor) => a.mul(a);
const block = (x: Residual<nn.RmsNorm>) => x.add(norm, layer).add(norm, layer);

test("a block on the residual stream is x + layer(norm(x)), each time that it runs on the same one", () => {
  manualSeed(1);
  const start = randn([2, 3, 16]);
  const x = block(residual<nn.RmsNorm>(start, addRmsNorm));
  const paper = [1, 2, 3, 4].reduce((h) => h.add(layer(norm(h))), start);
  for (const y of [block(x), block(x)]) {
    expect(y.norm(norm).sub(norm(paper)).abs().max().item()).toBeLessThan(1e-5);
  }
});

test("a stream of other tensors keeps its branch and how that is added", () => {
  const x = residual<nn.RmsNorm>(randn([2, 16]), addRmsNorm);
  expect(eachTensor(x, (t) => t.mul(2)).branch).toBeNull();
  const doubled = eachTensor(block(x), (t) => t.mul(2));
  const sum = (s: Residual<nn.RmsNorm>) => s.x.add(s.branch ?? 0);
  expect(sum(doubled).toArray()).toEqual(sum(block(x)).mul(2).toArray());
  expect(
    doubled
      .norm(norm)
      .sub(norm(sum(doubled)))
      .abs()
      .max()
      .item(),
  ).toBeLessThan(1e-5);
});
