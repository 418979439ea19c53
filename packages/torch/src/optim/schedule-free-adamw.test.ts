import { readFileSync } from "node:fs";
import { at } from "@trainer/disk";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { tensor } from "../create.js";
import { useFusedKernels } from "../fused/index.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { ScheduleFreeAdamW } from "./index.js";

// test/fixtures/schedule-free.json is what the authors' package did (schedule-free.py beside it).

const Flat = z.object({ w: z.array(z.number()), b: z.array(z.number()) });
type Flat = z.infer<typeof Flat>;
const { start, grads, runs } = z
  .object({
    start: Flat,
    grads: z.array(Flat),
    runs: z.array(
      z.object({
        options: z
          .strictObject({
            betas: z.tuple([z.number(), z.number()]),
            eps: z.number(),
            weightDecay: z.number(),
          })
          .or(z.strictObject({})),
        path: z.array(z.object({ lr: z.number(), y: Flat, x: Flat })),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../../test/fixtures/schedule-free.json", import.meta.url), "utf8")));

afterEach(() => useFusedKernels(true));

interface Model {
  readonly params: ReadonlyMap<string, Tensor>;
  readonly w: Tensor;
  readonly b: Tensor;
}

function begin(): Model {
  const [w, b] = [tensor(start.w, [3, 4]), tensor(start.b)];
  for (const p of [w, b]) p.requiresGrad = true;
  return { params: new Map(Object.entries({ w, b })), w, b };
}

function setGrads({ w, b }: Model, grad: Flat): void {
  w.grad = tensor(grad.w, [3, 4]);
  b.grad = tensor(grad.b);
}

const maxAbsDiff = (a: Tensor | undefined, expected: readonly number[]): number =>
  a === undefined ? Infinity : scope(() => a.flatten().sub(tensor(expected)).abs().max().item());

const values = (tensors: Iterable<Tensor>) => [...tensors].map((t) => Array.from(t.flatten().data(), Number));

test.each(
  runs.flatMap(({ options, path }) =>
    [true, false].map((own) => [own, JSON.stringify(options), options, path] as const),
  ),
)("by own kernels: %s, with %s it takes its authors' eight steps, and has their averages", (own, _, options, path) => {
  useFusedKernels(own);
  const model = begin();
  const optimizer = new ScheduleFreeAdamW(model.params, options);
  for (const [i, { lr, x, y }] of path.entries()) {
    setGrads(model, at(grads, i));
    optimizer.lr = lr;
    optimizer.step();
    expect(maxAbsDiff(model.w, y.w)).toBeLessThan(2e-6);
    expect(maxAbsDiff(model.b, y.b)).toBeLessThan(2e-6);
    const averages = optimizer.averages();
    expect(maxAbsDiff(averages.get("w"), x.w)).toBeLessThan(2e-6);
    expect(maxAbsDiff(averages.get("b"), x.b)).toBeLessThan(2e-6);
  }
});

test("it goes on from a saved state to the bit", () => {
  const [whole, cut] = [begin(), begin()];
  const first = new ScheduleFreeAdamW(whole.params, { weightDecay: 0.1 });
  const before = new ScheduleFreeAdamW(cut.params, { weightDecay: 0.1 });
  for (const [i, grad] of grads.entries()) {
    setGrads(whole, grad);
    first.step();
    if (i >= 3) continue;
    setGrads(cut, grad);
    before.step();
  }
  const after = new ScheduleFreeAdamW(cut.params, { weightDecay: 0.1 });
  after.load(new Map([...before.state()].map(([name, t]) => [name, t.clone()])));
  for (const grad of grads.slice(3)) {
    setGrads(cut, grad);
    after.step();
  }
  expect(values(cut.params.values())).toEqual(values(whole.params.values()));
  expect(values(after.averages().values())).toEqual(values(first.averages().values()));
  expect([...after.state().keys()]).toEqual(["course", "z.w", "z.b", "exp_avg_sq.w", "exp_avg_sq.b"]);
});

test("factors that only the device knows act as those of the host, and an update that is left out does not count", () => {
  const [device, host] = [begin(), begin()];
  const onDevice = new ScheduleFreeAdamW(device.params, { lr: 0.1 });
  const onHost = new ScheduleFreeAdamW(host.params, { lr: 0.1 });
  for (const grad of grads.slice(0, 3)) {
    for (const foundInf of [1, 0]) {
      setGrads(device, foundInf === 1 ? { w: grad.w.map(() => Infinity), b: grad.b } : grad);
      onDevice.step({ gradScale: tensor(0.5), foundInf: tensor(foundInf) });
    }
    setGrads(host, grad);
    onHost.step(0.5);
    useFusedKernels(false); // the host's scale by plain operators
  }
  expect(maxAbsDiff(device.w, Array.from(host.w.flatten().data(), Number))).toBeLessThan(2e-6);
  expect(maxAbsDiff(device.b, Array.from(host.b.data(), Number))).toBeLessThan(2e-6);
});

test("before the first step, and after one without gradients, the averages are the weights", () => {
  const model = begin();
  const optimizer = new ScheduleFreeAdamW(model.params);
  optimizer.step();
  expect(values(optimizer.averages().values())).toEqual(values(model.params.values()));
  setGrads(model, at(grads, 0));
  optimizer.lr = 0;
  optimizer.step(); // no weight has been given to any average yet
  expect(values(optimizer.averages().values())).toEqual([start.w, start.b].map((v) => values([tensor(v)])[0]));
  optimizer.zeroGrad();
  expect([model.w.grad, model.b.grad]).toEqual([null, null]);
});

test("a beta of 0, which leaves no way back to the average, is refused", () => {
  expect(() => new ScheduleFreeAdamW(begin().params, { betas: [0, 0.999] })).toThrow("betas: expected a number from");
});
