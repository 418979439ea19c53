import { expect, test } from "vitest";
import { tensor } from "../create.js";
import { MovingAverage } from "./index.js";

const param = (values: readonly number[]) => {
  const p = tensor(values);
  p.requiresGrad = true;
  return p;
};

test("the first update copies the weights, later ones move the average towards them, as PyTorch's AveragedModel does", () => {
  const p = param([1, 2]);
  const params = new Map([["w", p]]);
  using moving = new MovingAverage(params, 0.75);
  const average = () => Array.from(moving.averages().get("w")?.data() ?? [], Number);
  expect(average()).toEqual([1, 2]);
  const set = (values: readonly number[]) => p.detach().copy_(tensor(values));
  set([4, 8]);
  moving.update();
  expect(average()).toEqual([4, 8]);
  set([8, 0]);
  moving.update();
  expect(average()).toEqual([5, 6]); // 0.75 of the old, 0.25 of the new
  expect(Array.from(p.data(), Number)).toEqual([8, 0]);
});

test("it goes on from averages that the parameters hold", () => {
  const p = param([3]);
  using moving = new MovingAverage(new Map([["w", p]]), 0.5);
  moving.load();
  p.detach().copy_(tensor([5]));
  moving.update();
  expect(moving.averages().get("w")?.item()).toBe(4);
  moving.load(false);
  p.detach().copy_(tensor([9]));
  moving.update();
  expect(moving.averages().get("w")?.item()).toBe(9);
});

test("a decay of 1, which never moves, is refused", () => {
  expect(() => new MovingAverage(new Map(), 1)).toThrow("decay: expected a number from 0 to below 1, got 1");
});
