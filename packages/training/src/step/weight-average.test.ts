import { init, makeOptimizer, memoryStats, ones, Params, tensor, type Optimizer } from "@trainer/torch";
import { expect, test } from "vitest";
import { splitState, weightAverage } from "./weight-average.js";

function made(optimizer: string) {
  const params = new Params();
  const p = params.param("w", [1], init.zeros);
  const named = params.named();
  return { p, named, optimizer: makeOptimizer(optimizer, named, { lr: 0.1, betas: [0.9, 0.999], weightDecay: null }) };
}

function step(optimizer: Optimizer, p: ReturnType<typeof made>["p"]): void {
  p.grad = ones([1]);
  optimizer.step();
}

test("without a decay, and with an optimizer that makes no averages, there are none", () => {
  const { named, optimizer } = made("adamw");
  expect(weightAverage(named, optimizer, 0)).toBeNull();
});

test("averages are in the weights while something is done with them, also where it fails, and then the trained ones again", async () => {
  const { p, named, optimizer } = made("sgd");
  using average = weightAverage(named, optimizer, 0.5);
  for (let i = 0; i < 2; i++) {
    step(optimizer, p);
    average?.update();
  }
  const trained = p.item();
  const found = await average?.during(
    async () => await average.during(async () => [p.item(), ...average.state().keys()]),
  );
  expect(found).toEqual([expect.closeTo(-0.15, 6), "trained.w"]);
  expect([p.item(), average?.state().size]).toEqual([trained, 0]);
  await expect(average?.during(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(p.item()).toBe(trained);
  average?.use();
  average?.use();
  expect(p.item()).toBeCloseTo(-0.15, 6);
});

test("an optimizer's own averages are used in the same way, and go on from a checkpoint", async () => {
  const { p, named, optimizer } = made("schedule_free");
  using average = weightAverage(named, optimizer, 0);
  for (let i = 0; i < 3; i++) step(optimizer, p);
  average?.update(); // there is nothing more to take in
  const trained = p.item();
  const x = optimizer.averages?.().get("w")?.item();
  expect(await average?.during(async () => p.item())).toBe(x);
  p.detach().copy_(tensor([7]));
  average?.load(new Map([["trained.w", tensor([trained])]]), true);
  expect(p.item()).toBe(trained);
  expect(() => average?.load(new Map(), true)).toThrow(
    "these are not the weights that were trained: trained.w is missing",
  );
});

test("nothing is left of averages that are not needed any more", () => {
  const { named, optimizer } = made("adamw");
  const before = memoryStats().liveTensors;
  const average = weightAverage(named, optimizer, 0.5);
  average?.use();
  average?.[Symbol.dispose]();
  expect(memoryStats().liveTensors).toBe(before);
});

test("of a checkpoint's tensors the trained weights are told from the optimizer's", () => {
  const t = tensor([1]);
  const { optimizer, trained } = splitState(new Map([["exp_avg.w", t], ["trained.w", t]])); // prettier-ignore
  expect([[...optimizer.keys()], [...trained.keys()]]).toEqual([["exp_avg.w"], ["trained.w"]]);
});
