import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { randn, tensor, zeros } from "../create.js";
import { TorchError } from "../errors.js";
import { useFusedKernels } from "../fused/index.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { adamWUpdateBy } from "./adam-update.js";
import { Adam, type AdamOptions, AdamW, clipGradNorm, GradScaler, type Optimizer, SGD } from "./index.js";

// test/fixtures/optim.json is what PyTorch's optimizers did (optim.py beside it).

interface Flat {
  w: number[];
  b: number[];
}
interface Fixture {
  start: Flat;
  grads: Flat[];
  runs: { optimizer: keyof typeof optimizers; options: AdamOptions & { late?: boolean }; path: Flat[] }[];
  clips: { maxNorm: number; norm: number; grads: Flat }[];
}

const optimizers = { Adam, AdamW, SGD };

function isFixture(value: unknown): value is Fixture {
  return typeof value === "object" && value !== null && "runs" in value;
}

const fixture: unknown = JSON.parse(readFileSync(new URL("../../test/fixtures/optim.json", import.meta.url), "utf8"));
if (!isFixture(fixture)) throw new Error("optim.json is not what optim.py writes");
const { start, grads, runs, clips } = fixture;

function begin(): { params: Map<string, Tensor>; w: Tensor; b: Tensor } {
  const w = tensor(start.w, [3, 4]);
  const b = tensor(start.b);
  w.requiresGrad = true;
  b.requiresGrad = true;
  return {
    w,
    b,
    params: new Map([
      ["w", w],
      ["b", b],
    ]),
  };
}

function setGrads({ w, b }: { w: Tensor; b: Tensor }, grad: Flat, late = false): void {
  w.grad = tensor(grad.w, [3, 4]);
  b.grad = late ? null : tensor(grad.b);
}

function maxAbsDiff(a: Tensor, expected: number[]): number {
  return scope(() => a.flatten().sub(tensor(expected)).abs().max().item());
}

test.each(runs.map((run) => [run.optimizer, JSON.stringify(run.options), run] as const))(
  "%s with %s takes PyTorch's ten steps",
  (name, _, run) => {
    const model = begin();
    const optimizer = new optimizers[name](model.params, run.options);
    for (const [i, want] of run.path.entries()) {
      setGrads(model, grads[i] ?? start, run.options.late === true && i < 2);
      optimizer.step();
      expect(maxAbsDiff(model.w, want.w)).toBeLessThan(1e-5);
      expect(maxAbsDiff(model.b, want.b)).toBeLessThan(1e-5);
    }
  },
);

const makers: [string, (params: Map<string, Tensor>) => Optimizer][] = [
  ["AdamW", (p) => new AdamW(p, { lr: 0.1 })],
  ["SGD", (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.5 })],
];

test.each(makers)("%s goes on from a saved state to the bit", (_, make) => {
  const whole = begin();
  const optimizer = make(whole.params);
  let saved = new Map<string, Tensor>();
  const cut = begin();
  for (const [i, grad] of grads.entries()) {
    if (i === 5) {
      saved = new Map([...optimizer.state()].map(([name, t]) => [name, t.clone()]));
      for (const [name, p] of cut.params) scope(() => p.detach().copy_(whole.params.get(name)?.detach() ?? p));
    }
    setGrads(whole, grad);
    optimizer.step();
  }
  const resumed = make(cut.params);
  resumed.load(saved);
  for (const grad of grads.slice(5)) {
    setGrads(cut, grad);
    resumed.step();
  }
  expect(cut.w.equal(whole.w)).toBe(true);
  expect(cut.b.equal(whole.b)).toBe(true);
});

test("a state that does not fit is refused with all that differs", () => {
  const { params } = begin();
  const optimizer = new AdamW(params);
  const state = optimizer.state();
  state.delete("exp_avg.w");
  state.set("step.b", zeros([2]));
  state.set("other", zeros([2]));
  expect(() => optimizer.load(state)).toThrow(
    /exp_avg.w is missing; step.b is \(2\) where \(\) is needed; other is not part of it/,
  );
});

test("zeroGrad drops the gradients, and a step without any changes nothing", () => {
  for (const optimizer of [AdamW, SGD]) {
    const model = begin();
    setGrads(model, start);
    const o = new optimizer(model.params, { lr: 1 });
    o.zeroGrad();
    expect(model.w.grad).toBeNull();
    o.step();
    expect(maxAbsDiff(model.w, start.w)).toBe(0);
  }
});

test("the learning rate can be changed between steps", () => {
  const model = begin();
  const optimizer = new SGD(model.params, { lr: 1 });
  optimizer.lr = 0.5;
  setGrads(model, { w: Array.from({ length: 12 }, () => 1), b: [2, 2, 2, 2] });
  optimizer.step();
  expect(
    maxAbsDiff(
      model.w,
      start.w.map((v) => v - 0.5),
    ),
  ).toBeLessThan(1e-6);
});

test("optimizer state made inside a scope outlives it", () => {
  const model = begin();
  const optimizer = scope(() => new AdamW(model.params));
  setGrads(model, start);
  optimizer.step();
  expect(optimizer.state().get("step.w")?.item()).toBe(1);
});

test.each(clips)(
  "clipGradNorm to $maxNorm scales as PyTorch does and returns the norm before",
  ({ maxNorm, norm, grads: want }) => {
    const model = begin();
    setGrads(model, grads[0] ?? start);
    expect(clipGradNorm(model.params.values(), maxNorm).item()).toBeCloseTo(norm, 5);
    expect(maxAbsDiff(model.w.grad ?? model.w, want.w)).toBeLessThan(1e-6);
    expect(maxAbsDiff(model.b.grad ?? model.b, want.b)).toBeLessThan(1e-6);
  },
);

test("clipGradNorm with 0 only measures, and without gradients the norm is 0", () => {
  const model = begin();
  expect(clipGradNorm(model.params.values(), 1).item()).toBe(0);
  setGrads(model, start);
  expect(clipGradNorm(model.params.values(), 0).item()).toBeGreaterThan(0);
  expect(maxAbsDiff(model.w.grad ?? model.b, start.w)).toBe(0);
});

test("GradScaler unscales, leaves out a step that is not finite, and adapts its scale", () => {
  const model = begin();
  const optimizer = new SGD(model.params, { lr: 1 });
  const scaler = new GradScaler({ initScale: 4, growthInterval: 2 });
  expect(scaler.scale(tensor(3)).item()).toBe(12);

  setGrads(model, { w: Array.from({ length: 12 }, () => 8), b: [4, 4, 4, Infinity] });
  scaler.step(optimizer, model.params.values());
  scaler.update();
  expect(maxAbsDiff(model.w, start.w)).toBe(0);
  expect(scaler.state()).toEqual({ scale: 2, growthTracker: 0, calibrated: false });

  for (let i = 0; i < 2; i++) {
    setGrads(model, { w: Array.from({ length: 12 }, () => 2), b: [2, 2, 2, 2] });
    scaler.unscale_(model.params.values());
    expect(() => scaler.unscale_(model.params.values())).toThrow(/unscaled already/);
    scaler.step(optimizer, model.params.values());
    scaler.update();
  }
  expect(
    maxAbsDiff(
      model.w,
      start.w.map((v) => v - 2),
    ),
  ).toBeLessThan(1e-6);
  expect(scaler.state()).toEqual({ scale: 4, growthTracker: 0, calibrated: false });

  const other = new GradScaler();
  expect(other.state().scale).toBe(65536);
  other.load(scaler.state());
  expect(other.state()).toEqual(scaler.state());
  optimizer.zeroGrad();
  other.step(optimizer, model.params.values());
  other.load({ scale: 8, growthTracker: 1, calibrated: true });
  other.update(); // of no step
  expect(other.state()).toEqual({ scale: 8, growthTracker: 1, calibrated: true });
});

test("a GradScaler follows its losses to another device", () => {
  const scaler = new GradScaler({ initScale: 8 });
  expect(scaler.scale(tensor(1)).item()).toBe(8);
  expect(scaler.scale(tensor(1).to("meta")).device).toBe("meta");
});

const all: [string, (params: Map<string, Tensor>) => Optimizer][] = [
  ...makers,
  ["Adam", (p) => new Adam(p, { lr: 0.1, weightDecay: 0.1 })],
  ["plain SGD", (p) => new SGD(p, { lr: 0.1 })],
];

test.each(all)("%s takes its scale from the device, and leaves out what the device says", (_, make) => {
  const [whole, device] = [begin(), begin()];
  const [onHost, onDevice] = [make(whole.params), make(device.params)];
  for (const [i, grad] of grads.slice(0, 4).entries()) {
    // Left out first of all, before there is any state, and once later.
    for (const foundInf of i === 0 || i === 2 ? [1, 0] : [0]) {
      setGrads(device, foundInf === 1 ? { w: grad.w.map(() => Infinity), b: grad.b } : grad);
      onDevice.step({ gradScale: tensor(0.5), foundInf: tensor(foundInf) });
    }
    setGrads(whole, grad);
    onHost.step(0.5);
  }
  expect(maxAbsDiff(device.w, Array.from(whole.w.data(), Number).flat())).toBeLessThan(1e-6);
  expect(maxAbsDiff(device.b, Array.from(whole.b.data(), Number))).toBeLessThan(1e-6);
  expect(onDevice.state().get("step.w")?.item() ?? 4).toBe(4); // SGD counts none
});

test("where there are kernels for a GPU the update is theirs", () => {
  const update = adamWUpdateBy(() => true);
  const one = [tensor([1])];
  const lists = { params: one, grads: one, expAvgs: one, expAvgSqs: one, steps: one };
  const scale = { gradScale: tensor(1), foundInf: tensor(0) };
  const scalars = { lr: 0.1, beta1: 0.9, beta2: 0.9, eps: 1e-8, weightDecay: 0, scale };
  expect(() => update(lists, scalars)).toThrow(/adamw_on_device_/); // these are on a CPU
});

test("libtorch's updates refuse a learning rate that only the device knows, as they would wait for it", () => {
  const one = [tensor([1])];
  const lists = { params: one, grads: one, expAvgs: one, expAvgSqs: one, steps: one };
  const scale = { gradScale: tensor(1), foundInf: tensor(0), lr: tensor(0.1).to("meta") };
  const scalars = { lr: 0.1, beta1: 0.9, beta2: 0.9, eps: 1e-8, weightDecay: 0, scale };
  expect(() => adamWUpdateBy(() => false)(lists, scalars)).toThrow("a learning rate on the device is read by");
});

test("options that make no sense are refused when the optimizer is made", () => {
  const { params } = begin();
  expect(() => new AdamW(params, { lr: -1 })).toThrow("lr: expected a number of at least 0, got -1");
  expect(() => new AdamW(params, { lr: NaN })).toThrow(TorchError);
  expect(() => new Adam(params, { betas: [0.9, 1] })).toThrow("betas: expected a number from 0 to below 1, got 1");
  expect(() => new SGD(params, { momentum: -0.1 })).toThrow(/momentum/);
  expect((): unknown => Reflect.construct(SGD, [[]])).toThrow("takes a Map of named parameters, got an array of 0");
});

test.each([
  ["AdamW", (params: Map<string, Tensor>) => new AdamW(params)],
  ["Adam", (params: Map<string, Tensor>) => new Adam(params)],
  ["SGD", (params: Map<string, Tensor>) => new SGD(params, { lr: 0.1, momentum: 0.9 })],
])("an update by %s counts as a change, also by libtorch's operators: copies of weights follow it", (_, make) => {
  for (const own of [true, false]) {
    const x = randn([4]);
    x.requiresGrad = true;
    const kept = x.mul(x).sum(); // keeps x for its gradient
    x.grad = randn([4]);
    useFusedKernels(own);
    make(new Map([["x", x]])).step();
    useFusedKernels(true);
    expect(() => kept.backward()).toThrow(/modified by an inplace operation/);
  }
});
