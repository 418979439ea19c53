import { describe, expect, test } from "vitest";

import { EventKind } from "./device-trace.js";
import { aten, causalAttention, devices, linear, profile, randn, scope, useFusedKernels } from "./index.js";
import { addon } from "./load.js";
import { withDevice } from "./profile.js";

const named = (operators: ReturnType<typeof profile>["operators"], name: string) =>
  operators.filter((operator) => operator.name === name);

test("a profile counts the calls, the arithmetic and the bytes of each operator", () => {
  scope(() => {
    const [a, b] = [randn([8, 5]), randn([5, 3])];
    const { result, operators } = profile(() => {
      a.matmul(b);
      a.matmul(b);
      return a
        .add(a.narrow(0, 0, 1))
        .sum()
        .item();
    });
    expect(Number.isFinite(result)).toBe(true);
    const floats = 8 * 5 + 5 * 3 + 8 * 3;
    expect(named(operators, "aten::mm")).toMatchObject([
      { shape: "8 x 5 x 3", calls: 2, flops: 2 * (2 * 8 * 5 * 3), bytes: 2 * floats * 4 },
    ]);
    expect(named(operators, "aten::add")).toMatchObject([{ calls: 1, flops: 0, bytes: (40 + 5 + 40) * 4 }]);
    expect(named(operators, "aten::narrow")).toMatchObject([{ calls: 1, bytes: 0 }]);
    const times = operators.map(({ ms }) => ms);
    expect(times).toEqual(times.toSorted((x, y) => y - x));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  });
});

test("products within the project's own operators are rows of their own, gradients' too", () => {
  useFusedKernels(true);
  scope(() => {
    const [x, weight] = [randn([32, 20]), randn([30, 20])];
    weight.requiresGrad = true;
    const { operators } = profile(() => linear(x, weight).sum().backward());
    const products = named(operators, "trainer::product");
    expect(new Map(products.map(({ shape, calls }) => [shape, calls]))).toEqual(
      new Map([
        ["30 x 32 x 20", 1],
        ["32 x 20 x 30", 1],
      ]),
    );
    expect(named(operators, "trainer::linear")).toMatchObject([{ calls: 1, flops: 0 }]);
  });
});

test("what is profiled may throw, and is profiled no longer then", () => {
  const failing = () => {
    throw new RangeError("enough");
  };
  expect(() => profile(failing)).toThrow("enough");
  expect(() => profile(() => randn([2, 3]).matmul(randn([4, 5])))).toThrow(/shape|size/);
  expect(() => profile(() => profile(() => 1))).toThrow(/already/);
  expect(profile(() => 7).result).toBe(7);
});

test("attention and recurrences tell of their arithmetic too", () => {
  useFusedKernels(true);
  scope(() => {
    const qkv = randn([2, 7, 3 * 8]);
    qkv.requiresGrad = true;
    const { operators } = profile(() => causalAttention(qkv, { heads: 2 }).sum().backward());
    const products = 2 * 2 * 7 * 8 * 4; // batch, heads, pairs of tokens twice over, numbers of a head
    expect(named(operators, "trainer::causal_attention")).toMatchObject([{ flops: 2 * products }]);
    expect(operators.filter(({ name }) => name.endsWith("::CausalAttention>"))).toMatchObject([
      { flops: 5 * products },
    ]);
  });
});

test("attention of libtorch is one row with its arithmetic, whatever it is made of", () => {
  useFusedKernels(false);
  scope(() => {
    const qkv = randn([2, 7, 3 * 8]);
    qkv.requiresGrad = true;
    const { operators } = profile(() => causalAttention(qkv, { heads: 2 }).sum().backward());
    const attention = operators.filter(({ name }) => name.startsWith("aten::_scaled_dot_product_"));
    const product = (2 * (2 * 7 * 8) * 7) / 2; // half of it, as it is causal
    expect(attention.map(({ flops }) => flops).toSorted((a, b) => a - b)).toEqual([2 * product, 5 * product]);
  });
  useFusedKernels(true);
});

test("the trace and the hooks name operators alike, so that the device's work finds its row", () => {
  useFusedKernels(true);
  scope(() => {
    const [x, weight] = [randn([32, 20]), randn([30, 20])];
    weight.requiresGrad = true;
    addon.profileBegin(true);
    linear(x, weight).sum().backward();
    x.matmul(weight.t()).sum().backward();
    const [ns, rows, trace] = addon.profileEnd();
    if (trace === null || typeof trace === "string") throw new Error(`there is no trace: ${trace}`);
    const counts = new Map<string, number>();
    const times: number[] = [];
    let end = 0; // of the product that others are part of
    const fields = new Float64Array(trace.events);
    for (let i = 0; i < fields.length; i += 8) {
      const [kind, name = 0, shape = 0, , from = 0, to = 0] = fields.subarray(i, i + 8);
      times.push(from, to);
      if (kind === EventKind.call || from < end) continue;
      if (kind === EventKind.whole) end = to;
      const key = `${trace.texts[name]} ${trace.texts[shape] ?? ""}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts).toEqual(new Map(rows.map(([name, shape, calls]) => [`${name} ${shape}`, calls])));
    expect(counts.get("trainer::product 30 x 32 x 20")).toBe(1);
    expect(counts.get("MmBackward0 ")).toBe(1);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(2 * ns);
  });
});

test("where a GPU did nothing its times are not known, and it is said why", () => {
  const { operators, device, unseen, ms } = profile(() => scope(() => randn([4, 4]).sum().item()), "cuda");
  expect(device).toBeNull();
  expect(unseen).toMatch(/CUPTI told of nothing/);
  expect(named(operators, "aten::sum")).toMatchObject([{ deviceMs: 0, kernels: 0 }]);
  expect(ms).toBeGreaterThan(0);
  expect(profile(() => 1)).toMatchObject({ device: null, unseen: null });
});

test("operators are told with the device's work for them, the dearest there first", () => {
  const operator = { shape: "", calls: 1, ms: 5, flops: 0, bytes: 0, deviceMs: 0, kernels: 0 };
  const texts = ["aten::add", "aten::mul", "cudaGraphLaunch", "k"];
  const events = [
    [EventKind.operator, 0, -1, 1, 0, 10, 1, 0],
    [EventKind.call, 2, -1, 1, 20, 30, 8, 0],
    [EventKind.device, 3, -1, 7, 10, 1e6, 7, 1],
    [EventKind.device, 3, -1, 7, 1e6, 4e6, 8, 0],
  ];
  const seen = withDevice(
    [
      { ...operator, name: "aten::mul" },
      { ...operator, name: "aten::add" },
      { ...operator, name: "aten::mul", shape: "x", ms: 6 },
    ],
    { texts, events: new Float64Array(events.flat()).buffer },
  );
  expect(seen.operators.map(({ name, shape, calls, kernels }) => [name, shape, calls, kernels])).toEqual([
    ["cudaGraphLaunch", "", 0, 1],
    ["aten::add", "", 1, 1],
    ["aten::mul", "x", 1, 0],
    ["aten::mul", "", 1, 0],
  ]);
  expect(seen).toMatchObject({ unseen: null, device: { launches: 1, kernels: [{ name: "k", count: 2 }] } });
  expect(withDevice([], "no kineto")).toEqual({ operators: [], device: null, unseen: "no kineto" });
});

// Tests for a GPU alone. Elsewhere they are skipped, with the reason.
const { cuda } = devices();
if (cuda.count === 0) console.log(`not run here: the profile of a GPU (${cuda.reason})`);

describe.skipIf(cuda.count === 0)("on a GPU", () => {
  const step = () =>
    scope(() => {
      const on = { device: "cuda", dtype: "bfloat16" } as const;
      const [x, weight] = [randn([512, 256], on), randn([1024, 256], on)];
      weight.requiresGrad = true;
      const q = linear(x, weight).view([8, 4, 256, 64]);
      aten.scaledDotProductAttention(q, q, q, undefined, 0, true).sum().backward();
      return weight.grad?.sum().item();
    });

  test("its times are known, those of gradients too", () => {
    step(); // libraries are loaded, kernels compiled
    const { result, ms, operators, device, unseen } = profile(step, "cuda");
    expect(Number.isFinite(result)).toBe(true);
    expect(unseen).toBeNull();
    const products = operators.filter(({ shape, deviceMs }) => shape !== "" && deviceMs > 0);
    const shapes = products.map(({ shape }) => shape.split(" x ").toSorted().join(" x "));
    expect(shapes.length).toBeGreaterThanOrEqual(2); // forward, and the weight's gradient
    expect(new Set(shapes)).toEqual(new Set(["1024 x 256 x 512"]));
    expect(operators.some(({ name }) => /Backward|CppNode/.test(name))).toBe(true);
    expect(operators.filter(({ name, flops, deviceMs }) => /attention/.test(name) && flops * deviceMs > 0)).not.toEqual(
      [],
    );
    expect(device?.busyMs).toBeGreaterThan(0);
    expect(device?.busyMs).toBeLessThanOrEqual(ms);
    expect(device?.launches).toBeGreaterThan(4);
    expect(device?.launchMs).toBeGreaterThan(0);
    expect(device?.syncMs).toBeGreaterThan(0);
    const inKernels = device?.kernels.reduce((sum, kernel) => sum + kernel.ms, 0) ?? 0;
    const inOperators = operators.reduce((sum, { deviceMs }) => sum + deviceMs, 0);
    expect(inOperators).toBeCloseTo(inKernels, 6);
    const unowned = operators.filter(({ calls }) => calls === 0).reduce((sum, { deviceMs }) => sum + deviceMs, 0);
    expect(unowned).toBeLessThan(0.05 * inKernels);
  });

  test("one profile after another is right, and work from before it is not in it", () => {
    for (let i = 0; i < 3; i += 1) {
      scope(() => {
        const x = randn([4096, 4096], { device: "cuda" });
        void x.matmul(x); // not waited for
        const { operators, device } = profile(() => x.add(x).sum().item(), "cuda");
        expect(named(operators, "aten::add")).toMatchObject([{ calls: 1, kernels: 1 }]);
        expect(named(operators, "aten::mm")).toEqual([]);
        expect(device?.kernels.filter(({ name }) => /gemm/i.test(name))).toEqual([]);
      });
    }
  });
});
