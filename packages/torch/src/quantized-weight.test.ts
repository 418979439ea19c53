import { afterEach, expect, test } from "vitest";
import { useFusedKernels } from "./fused/index.js";
import { gelu, linear } from "./functional.js";
import { randn, tensor } from "./create.js";
import { QuantizedWeight, weightTypes } from "./quantized-weight.js";
import { numThreads, releaseMemory, setNumThreads } from "./runtime.js";
import { noGrad } from "./scope.js";
import type { Tensor } from "./tensor.js";

const threads = numThreads();
afterEach(() => {
  useFusedKernels(true);
  setNumThreads(threads);
});

const furthest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

const sizes = [
  [1, 1, 1],
  [3, 7, 5], // one group a row, shorter than a vector
  [2, 128, 33],
  [11, 192, 300],
  [16, 72, 40], // no groups of 64
  [17, 64, 1030], // more rows than are converted in registers, and several chunks
] as const;

test.each(weightTypes.flatMap((as) => sizes.map(([n, c, d]) => ({ as, n, c, d }))))(
  "a product by a weight is that by its numbers as float32: $as, ($n, $c) by ($d, $c)",
  ({ as, n, c, d }) => {
    const quantized = QuantizedWeight.of(randn([d, c]), as);
    const [x, bias] = [randn([n, c]), randn([d])];
    setNumThreads(2);
    const found = quantized.linear(x, bias);
    const again = quantized.linear(x, bias);
    setNumThreads(1);
    const alone = quantized.linear(x, bias);
    useFusedKernels(false);
    const wanted = linear(x, quantized.dequantize(), bias);
    expect(furthest(found, wanted)).toBeLessThan(1e-4);
    expect(again.equal(found)).toBe(true);
    expect(furthest(alone, found)).toBeLessThan(1e-5);
    expect(quantized.linear(x, bias).equal(wanted)).toBe(true);
    const gated = quantized.linear(x, bias, { gelu: true });
    expect(gated.equal(gelu(wanted, { approximate: "tanh" }))).toBe(true);
    useFusedKernels(true);
    expect(furthest(quantized.linear(x, bias, { gelu: true }), gated)).toBeLessThan(1e-4);
  },
);

test("int8 numbers are within half a step of the weight's, a step being a 127th of the largest in a group", () => {
  const weight = randn([6, 192]);
  weight.narrow(0, 2, 1).mul_(1000); // a row of large numbers takes nothing from the others
  weight.narrow(1, 64, 64).zero_();
  const quantized = QuantizedWeight.of(weight, "int8");
  const steps = weight.unflatten(1, [3, 64]).abs().max(2).div(127); // (6, 3)
  const off = quantized.dequantize().sub(weight).abs().unflatten(1, [3, 64]).max(2);
  expect(off.le(steps.mul(0.5001)).all().item()).toBe(1);
  expect(quantized.dequantize().narrow(1, 64, 64).abs().max().item()).toBe(0);
  expect(quantized.bytes).toBe(6 * 192 + 6 * 3 * 4);
});

test("bfloat16 numbers are the weight's, rounded", () => {
  const weight = randn([5, 9]);
  const quantized = QuantizedWeight.of(weight, "bf16");
  expect(quantized.dequantize().equal(weight.to("bfloat16").to("float32"))).toBe(true);
  expect(quantized.bytes).toBe(90);
});

test.each(weightTypes)("a transposed weight gives the same, and rows are looked up: %s", (as) => {
  const weight = randn([128, 4100]); // (in, out), as a Conv1D stores it
  const quantized = QuantizedWeight.of(weight.t(), as);
  expect(quantized.dequantize().equal(QuantizedWeight.of(weight.t().contiguous(), as).dequantize())).toBe(true);
  const ids = tensor([0, 4099, 7], [1, 3], { dtype: "int64" });
  const rows = quantized.rows(ids);
  expect(rows.shape).toEqual([1, 3, 128]);
  expect(rows.select(0, 0).equal(quantized.dequantize().indexSelect(0, ids.flatten()))).toBe(true);
});

test.each(weightTypes)("a row comes out the same beside others, to the bit: %s", (as) => {
  const quantized = QuantizedWeight.of(randn([90, 320]), as);
  const x = randn([2, 8, 320]);
  const all = quantized.linear(x);
  expect(all.shape).toEqual([2, 8, 90]);
  for (const n of [1, 2, 3, 7]) {
    expect(quantized.linear(x.select(0, 1).narrow(0, 8 - n, n)).equal(all.select(0, 1).narrow(0, 8 - n, n))).toBe(true);
  }
});

test("what cannot be is refused", () => {
  expect(() => QuantizedWeight.of(randn([2, 2]).to("float64"), "int8")).toThrow(
    "a float32 weight (out, in) can be quantized, not float64 (2, 2)",
  );
  expect(() => QuantizedWeight.of(randn([2]), "bf16")).toThrow("not float32 (2)");
  const quantized = QuantizedWeight.of(randn([4, 64]), "int8");
  expect(() => quantized.linear(randn([2, 63]))).toThrow("do not fit");
  expect(() => quantized.linear(randn([2, 64]), randn([5]))).toThrow("bias must have 4 elements");
  const x = randn([2, 64]);
  x.requiresGrad = true;
  expect(() => quantized.linear(x)).toThrow("it has no gradient");
  expect(noGrad(() => quantized.linear(x)).shape).toEqual([2, 4]);
});

// A sanitizer keeps freed memory back on purpose, to see who still uses it.
const keepsMemory = process.platform !== "linux" || process.env["TRAINER_NATIVE_BUILD"] !== undefined;
test("memory that was freed goes back to the operating system", { skip: keepsMemory }, () => {
  const before = process.memoryUsage.rss();
  const large = Array.from({ length: 40 }, () => randn([1 << 19])); // 2 MB each
  const [first] = large;
  const most = process.memoryUsage.rss();
  for (const t of large) t.dispose();
  releaseMemory();
  expect(first?.dispose()).toBeUndefined();
  expect(process.memoryUsage.rss() - before).toBeLessThan((most - before) / 2 + 1e7);
});
