import * as fc from "fast-check";
import { expect, test } from "vitest";

import { deviceCosts, type DeviceTrace, EventKind } from "./device-trace.js";

interface Given {
  kind: keyof typeof EventKind;
  name: string;
  shape?: string;
  thread?: number;
  span: [start: number, end: number]; // in microseconds
  id?: number;
  link?: number;
}

/** As native/device-trace.cc writes it. */
function traceOf(events: readonly Given[]): DeviceTrace {
  const texts = [...new Set(events.flatMap(({ name, shape }) => (shape === undefined ? [name] : [name, shape])))];
  const rows = events.map(({ kind, name, shape, thread = 1, span: [start, end], id = 0, link = 0 }) => [
    EventKind[kind],
    texts.indexOf(name),
    shape === undefined ? -1 : texts.indexOf(shape),
    thread,
    start * 1000,
    end * 1000,
    id,
    link,
  ]);
  return { texts, events: new Float64Array(rows.flat()).buffer };
}

const near = (value: number): unknown => expect.closeTo(value, 9);

test("the device's work belongs to the innermost operator that gave it, those of the backward thread too", () => {
  const seen = deviceCosts(
    traceOf([
      { kind: "operator", name: "aten::linear", span: [0, 50], id: 1 },
      { kind: "operator", name: "aten::mm", shape: "2 x 3 x 4", span: [10, 40], id: 2 },
      { kind: "call", name: "cudaLaunchKernel", span: [20, 25], id: 71, link: 2 },
      { kind: "device", name: "gemm", thread: 7, span: [30, 130], id: 71, link: 2 },
      { kind: "operator", name: "MmBackward0", thread: 2, span: [50, 99], id: 3 },
      { kind: "operator", name: "aten::mm", shape: "4 x 2 x 3", thread: 2, span: [60, 90], id: 4 },
      { kind: "call", name: "cuLaunchKernelEx", thread: 2, span: [70, 72], id: 72, link: 4 },
      { kind: "device", name: "gemm", thread: 7, span: [130, 330], id: 72, link: 4 },
      { kind: "device", name: "scale", thread: 7, span: [330, 331], id: 73, link: 3 },
      { kind: "call", name: "cudaStreamSynchronize", span: [100, 340] },
    ]),
  );
  expect(seen?.work).toEqual([
    { name: "aten::mm", shape: "2 x 3 x 4", kernels: 1, ms: near(0.1) },
    { name: "aten::mm", shape: "4 x 2 x 3", kernels: 1, ms: near(0.2) },
    { name: "MmBackward0", shape: "", kernels: 1, ms: near(0.001) },
  ]);
  expect(seen?.costs).toEqual({
    busyMs: near(0.301),
    launches: 2,
    launchMs: near(0.007),
    syncMs: near(0.24),
    kernels: [
      { name: "gemm", count: 2, ms: near(0.3) },
      { name: "scale", count: 1, ms: near(0.001) },
    ],
  });
});

test("what is called within a matrix product or attention is part of it, in its own thread and no longer than it lasts", () => {
  const work = deviceCosts(
    traceOf([
      { kind: "whole", name: "trainer::product", shape: "2 x 3 x 4", span: [10, 40], id: 1 },
      { kind: "operator", name: "aten::addmm", span: [10, 39], id: 2 },
      { kind: "whole", name: "aten::_scaled_dot_product_flash_attention", span: [12, 20], id: 3 },
      { kind: "operator", name: "aten::fill_", span: [13, 19], id: 4 },
      { kind: "operator", name: "aten::add", thread: 2, span: [15, 20], id: 5 },
      { kind: "operator", name: "aten::mul", span: [40, 50], id: 6 },
      ...[2, 3, 4, 5, 6].map((link): Given => ({ kind: "device", name: "k", span: [link, link + 1], link })),
    ]),
  )?.work;
  expect(work).toMatchObject([
    { name: "trainer::product", shape: "2 x 3 x 4", kernels: 3 },
    { name: "aten::add", kernels: 1 },
    { name: "aten::mul", kernels: 1 },
  ]);
});

test("work that no operator gave is that of the call, as of a graph's launch; else of none", () => {
  const seen = deviceCosts(
    traceOf([
      { kind: "operator", name: "aten::add", span: [0, 1], id: 71 }, // another series of numbers than the call's
      { kind: "call", name: "cudaGraphLaunch", span: [5, 6], id: 71 },
      { kind: "device", name: "a", span: [7, 8], id: 71 },
      { kind: "device", name: "b", span: [8, 9], id: 71 },
      { kind: "device", name: "b", span: [9, 10], id: 99 },
    ]),
  );
  expect(seen?.work).toMatchObject([
    { name: "cudaGraphLaunch", shape: "", kernels: 2 },
    { name: "no operator", shape: "", kernels: 1 },
  ]);
  expect(seen?.costs.launches).toBe(1);
});

test("a trace without work of a device says so", () => {
  expect(deviceCosts(traceOf([{ kind: "operator", name: "aten::add", span: [0, 1], id: 1 }]))).toBeNull();
  expect(deviceCosts(traceOf([]))).toBeNull();
});

test("a device is busy for no longer than its work takes, and for as long as its longest piece", () => {
  const span = fc.tuple(fc.nat(1000), fc.nat(100)).map(([start, lasts]): [number, number] => [start, start + lasts]);
  fc.assert(
    fc.property(fc.array(span, { minLength: 1 }), (spans) => {
      const costs = deviceCosts(traceOf(spans.map((span) => ({ kind: "device", name: "k", span }))))?.costs;
      const took = spans.map(([start, end]) => (end - start) / 1000);
      const all = took.reduce((a, b) => a + b);
      expect(costs?.busyMs).toBeLessThanOrEqual(all + 1e-9);
      expect(costs?.busyMs).toBeGreaterThanOrEqual(Math.max(...took) - 1e-9);
      // Each microsecond that is covered, counted one by one.
      const covered = new Set(
        spans.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)),
      );
      expect(costs?.busyMs).toBeCloseTo(covered.size / 1000, 6);
    }),
  );
});
