import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { at } from "@trainer/disk";
import { expect, test } from "vitest";
import { z } from "zod";
import { randn, tensor, zeros } from "../create.js";
import { Generator } from "../random.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { Muon, MuonWithAdamW, orthogonalized } from "./index.js";
import { nsDtypeOf } from "./muon.js";

// test/fixtures/muon.json is what PyTorch's Muon did (muon.py beside it).

const Flat = z.record(z.string(), z.array(z.number()));
type Flat = z.infer<typeof Flat>;
const { shapes, start, grads, runs } = z
  .object({
    shapes: z.record(z.string(), z.array(z.number())),
    start: Flat,
    grads: z.array(Flat),
    runs: z.array(
      z.object({
        nsDtype: z.enum(["float32", "bfloat16"]),
        options: z
          .strictObject({
            lr: z.number(),
            weightDecay: z.number(),
            momentum: z.number(),
            nesterov: z.boolean(),
            nsSteps: z.number(),
          })
          .partial(),
        path: z.array(Flat),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../../test/fixtures/muon.json", import.meta.url), "utf8")));

const begin = (): Map<string, Tensor> =>
  new Map(
    Object.entries(start).map(([name, values]) => {
      const p = tensor(values, shapes[name]);
      p.requiresGrad = true;
      return [name, p];
    }),
  );

function setGrads(params: ReadonlyMap<string, Tensor>, grad: Flat): void {
  for (const [name, p] of params) p.grad = tensor(grad[name] ?? [], p.shape);
}

const maxAbsDiff = (a: Tensor, expected: readonly number[]): number =>
  scope(() => a.flatten().sub(tensor(expected)).abs().max().item());

const values = (params: ReadonlyMap<string, Tensor>): Record<string, unknown> =>
  Object.fromEntries([...params].map(([name, p]) => [name, Array.from(p.flatten().data(), Number)]));

test.each(runs.map((run) => [run.nsDtype, JSON.stringify(run.options), run] as const))(
  "by products in %s with %s it takes PyTorch's four steps",
  (nsDtype, _, { options, path }) => {
    const params = begin();
    const optimizer = new Muon(params, { ...options, nsDtype });
    for (const [i, want] of path.entries()) {
      setGrads(params, at(grads, i));
      optimizer.step();
      for (const [name, p] of params) {
        expect(maxAbsDiff(p, want[name] ?? [])).toBeLessThan(nsDtype === "float32" ? 2e-6 : 5e-3);
      }
    }
  },
);

test("it goes on from a saved state to the bit", () => {
  const whole = begin();
  const first = new Muon(whole, { lr: 0.1 });
  const cut = begin();
  const before = new Muon(cut, { lr: 0.1 });
  for (const [i, grad] of grads.entries()) {
    setGrads(whole, grad);
    first.step();
    if (i >= 2) continue;
    setGrads(cut, grad);
    before.step();
  }
  const after = new Muon(cut, { lr: 0.1 });
  after.load(new Map([...before.state()].map(([name, t]) => [name, t.clone()])));
  for (const grad of grads.slice(2)) {
    setGrads(cut, grad);
    after.step();
  }
  expect(values(cut)).toEqual(values(whole));
  expect([...after.state().keys()]).toEqual(Object.keys(start).map((name) => `momentum_buffer.${name}`));
});

test("factors that only the device knows act as those of the host, and an update that is left out changes nothing", () => {
  const whole = begin();
  const onHost = new Muon(whole, { lr: 0.1, nsDtype: "float32" });
  const device = begin();
  const onDevice = new Muon(device, { lr: 0.1, nsDtype: "float32" });
  const unchanged: boolean[] = [];
  for (const [i, grad] of grads.entries()) {
    if (i === 0 || i === 2) {
      setGrads(device, grad);
      device.get("wide")?.grad?.fill_(Infinity);
      const before = values(device);
      onDevice.step({ gradScale: tensor(0.5), foundInf: tensor(1) });
      unchanged.push(isDeepStrictEqual(values(device), before));
    }
    setGrads(device, grad);
    onDevice.step({ gradScale: tensor(0.5), foundInf: tensor(0) });
    setGrads(whole, grad);
    onHost.step(0.5);
  }
  expect(unchanged).toEqual([true, true]);
  for (const [name, p] of device) {
    expect(maxAbsDiff(p, Array.from(whole.get(name)?.flatten().data() ?? [], Number))).toBeLessThan(1e-6);
  }
  onHost.zeroGrad();
  expect([...whole.values()].map((p) => p.grad)).toEqual([null, null, null, null]);
});

test("a matrix without a gradient stays as it is, and large ones take the steps that they take alone", () => {
  const wide = () => randn([1, 2_200_000], { generator: new Generator(1) }); // two are more than a batch
  const [a, b, idle] = [wide(), wide(), randn([2, 2])];
  const before = idle.clone();
  const all = new Map([["a", a], ["b", b], ["idle", idle]]); // prettier-ignore
  for (const p of [a, b]) p.grad = p.clone();
  new Muon(all, { lr: 0.1 }).step();
  expect(idle.equal(before)).toBe(true);
  expect(a.equal(b)).toBe(true);
  expect(a.equal(wide())).toBe(false);
});

test("only matrices are taken, and iterations there must be", () => {
  const p = new Map([["norm.weight", zeros([3])]]);
  expect(() => new Muon(p)).toThrow("Muon moves matrices, and norm.weight is (3); give it to another optimizer");
  expect(() => new Muon(begin(), { nsSteps: 0 })).toThrow("nsSteps: expected a whole number of at least 1, got 0");
  expect(() => new Muon(begin(), { momentum: 1 })).toThrow("betas: expected a number from 0 to below 1, got 1");
  expect(() => new MuonWithAdamW(begin(), new Set(), { matrixLrRatio: -1 })).toThrow("matrixLrRatio: expected");
});

test.each([
  ["square", [2, 12, 12]],
  ["wide", [1, 8, 40]],
  ["tall", [3, 40, 8]],
] as const)("singular values of %s matrices come near one", (_, shape) => {
  const x = orthogonalized(randn(shape, { generator: new Generator(5) }), 5);
  expect(x.shape).toEqual(shape);
  const short = shape[1] > shape[2] ? x.transpose(1, 2) : x;
  const trace = short.mul(short).sum().item(); // of its Gram matrix: the sum of its singular values' squares
  expect(trace / (shape[0] * short.size(1))).toBeGreaterThan(0.5);
  expect(trace / (shape[0] * short.size(1))).toBeLessThan(1.3);
});

test.each([1, 2, 5])("by products of Gram matrices the result is that of the definition, in %i iterations", (steps) => {
  const x = randn([2, 16, 96], { generator: new Generator(6) });
  const byGram = orthogonalized(x, steps);
  const defined = orthogonalized(x, steps, "float64").to("float32");
  expect(byGram.sub(defined).abs().max().item()).toBeLessThan(2e-6);
  const rankOne = randn([1, 16, 1], { generator: new Generator(7) }).bmm(randn([1, 1, 96]));
  const difference = orthogonalized(rankOne, steps).sub(orthogonalized(rankOne, steps, "float64").to("float32"));
  expect(difference.abs().max().item()).toBeLessThan(1e-3); // the other singular values are rounding, whatever is done to them
});

test("products are in bfloat16 but on a processor that has no instructions for it", () => {
  const found = [nsDtypeOf("cuda:0", false), nsDtypeOf("cpu", true), nsDtypeOf("cpu", false)];
  expect(found).toEqual(["bfloat16", "bfloat16", "float32"]);
});

test("matrices of zeros stay so", () => {
  expect(
    orthogonalized(zeros([2, 3, 9]), 5)
      .abs()
      .max()
      .item(),
  ).toBe(0);
});

test("matrices take Muon's steps, the rest AdamW's, each at its own rate, which follow one another", () => {
  const params = begin();
  const bias = tensor([1, 2]);
  bias.requiresGrad = true;
  const all = new Map([...params, ["bias", bias]]);
  const both = new MuonWithAdamW(all, new Set(["square", "wide"]), { lr: 0.1, matrixLrRatio: 0.5 });
  both.lr = 0.2;
  const alone = begin();
  const muon = new Muon(new Map([...alone].filter(([name]) => ["square", "wide"].includes(name))), { lr: 0.1 });
  for (const grad of grads.slice(0, 2)) {
    setGrads(params, grad);
    setGrads(alone, grad);
    bias.grad = tensor([1, -1]);
    both.step();
    muon.step();
  }
  expect(both.lr).toBe(0.2);
  expect(params.get("square")?.equal(alone.get("square") ?? bias)).toBe(true);
  expect(params.get("wide")?.equal(alone.get("wide") ?? bias)).toBe(true);
  expect(Array.from(bias.data(), Number)).toEqual([
    expect.closeTo((1 - 0.002) ** 2 - 0.2 * (2 - 0.002), 4),
    expect.closeTo(2 * (1 - 0.002) ** 2 + 0.2 * (2 - 0.002), 4),
  ]);
  expect([...both.state().keys()].toSorted()).toEqual(
    [
      ...["square", "wide"].map((name) => `momentum_buffer.${name}`),
      ...["other", "tall", "bias"].flatMap((name) => [`exp_avg.${name}`, `exp_avg_sq.${name}`, `step.${name}`]),
    ].toSorted(),
  );
  const copy = new Map([...both.state()].map(([name, t]) => [name, t.clone()]));
  const fresh = new MuonWithAdamW(all, new Set(["square", "wide"]));
  fresh.load(copy);
  expect(
    fresh
      .state()
      .get("momentum_buffer.wide")
      ?.equal(copy.get("momentum_buffer.wide") ?? bias),
  ).toBe(true);
  both.zeroGrad();
  expect([...all.values()].every((p) => p.grad === null)).toBe(true);
});
