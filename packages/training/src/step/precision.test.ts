import { containing } from "@trainer/testing";
import { allowTf32, aten, GradScaler, hasFastBf16, linear, ones, randn } from "@trainer/torch";
import { expect, test } from "vitest";
import { effectiveBatchSize } from "../options/effective-batch-size.js";
import {
  backwardInPrecision,
  gradScaler,
  inPrecision,
  productType,
  resolveCompute,
  restoreScaler,
  suitablePrecision,
  type Compute,
} from "./precision.js";

test("auto is the GPU in fp16 where there is one, else the CPU in fp32", () => {
  expect(resolveCompute("auto", "auto", 1)).toEqual({ device: "cuda", precision: "fp16" });
  expect(resolveCompute("auto", "auto", 0)).toEqual({ device: "cpu", precision: "fp32" });
  expect(resolveCompute("cpu", "auto", 1)).toEqual({ device: "cpu", precision: "fp32" });
  expect(resolveCompute("cuda", "bf16", 1)).toEqual({ device: "cuda", precision: "bf16" });
  expect(resolveCompute("cpu", "fp32").device).toBe("cpu");
});

const refusal = (code: string, message: string): unknown =>
  expect.objectContaining({ code, failureClass: "USER_INPUT", message: containing(message) });

test("what cannot be had is refused, not replaced", () => {
  expect(() => resolveCompute("cuda", "auto", 0)).toThrow(
    refusal("CUDA_NOT_AVAILABLE", "CUDA requested but not available"),
  );
  for (const precision of ["fp16", "tf32"] as const) {
    const refused = refusal("INVALID_INPUT", `${precision} precision is not supported on CPU`);
    expect(() => resolveCompute("auto", precision, 0)).toThrow(refused);
  }
});

test("bf16 on a CPU is for those that are faster so", () => {
  const resolve = (hasBf16: boolean) => resolveCompute("auto", "bf16", 0, undefined, () => hasBf16);
  expect(resolve(true)).toEqual({ device: "cpu", precision: "bf16" });
  expect(() => resolve(false)).toThrow(refusal("INVALID_INPUT", "would be slower than fp32 on this CPU"));
});

test("tf32 is for GPUs that have it", () => {
  const tf32 = { device: "cuda", precision: "tf32" };
  expect(resolveCompute("auto", "tf32", 1, [9, 0])).toEqual(tf32);
  expect(resolveCompute("auto", "tf32", 1, [8, 0])).toEqual(tf32); // an A100
  expect(resolveCompute("cuda", "tf32", 1, [0, 0])).toEqual(tf32); // the driver does not say what it has
  expect(resolveCompute("cuda", "tf32", 1, undefined)).toEqual(tf32);
  expect(() => resolveCompute("cuda", "tf32", 1, [7, 5])).toThrow(
    refusal("INVALID_INPUT", "capability 8.0, this GPU has 7.5; use fp32 or fp16"),
  );
  for (const precision of ["fp32", "fp16", "bf16"] as const)
    expect(resolveCompute("cuda", precision, 1, [7, 5])).toEqual({ device: "cuda", precision });
});

test("where nobody chose, a GPU that has bfloat16 uses it", () => {
  const gpu = (major: number) => ({ count: 1, capabilities: [[major, 0] as const] });
  expect([7, 8, 9].map((major) => suitablePrecision("auto", gpu(major)))).toEqual(["fp16", "bf16", "bf16"]);
  expect(suitablePrecision("cuda", gpu(7))).toBe("fp16");
  expect(suitablePrecision("auto", { count: 1, capabilities: [] })).toBe("fp16");
  expect(suitablePrecision("cpu", gpu(9))).toBe("auto");
  expect(suitablePrecision("auto", { count: 0, capabilities: [] })).toBe("auto");
  expect(suitablePrecision("cpu")).toBe("auto");
});

test("TF32 is allowed while a run in any precision but fp32 computes, and not after", () => {
  const allowed = (precision: "fp32" | "tf32" | "fp16") =>
    inPrecision({ device: "cpu", precision }, () => {
      const now = allowTf32(false);
      allowTf32(now);
      return now;
    });
  expect([allowed("fp32"), allowed("tf32"), allowed("fp16"), allowTf32(false)]).toEqual([false, true, true, false]);
});

test("half precisions compute products in a half type, fp32 does not", () => {
  const types = (["fp32", "tf32", "fp16", "bf16"] as const).map((precision) =>
    productType({ device: "cpu", precision }),
  );
  expect(types).toEqual(["float32", "float32", "float16", "bfloat16"]);
  const product = (precision: "fp32" | "tf32" | "fp16") =>
    inPrecision({ device: "cpu", precision }, () => aten.mm(ones([2, 2]), ones([2, 2])).dtype);
  expect([product("fp32"), product("tf32"), product("fp16")]).toEqual(["float32", "float32", "float16"]);
});

test("on a CPU that is fast in it bf16 is that of products, both ways, and ends after an error", () => {
  const compute = { device: "cpu", precision: "bf16" } as const;
  const [x, weight] = [randn([96, 8]), randn([20, 8])];
  weight.requiresGrad = true;
  const exact = linear(x, weight).detach();
  const y = inPrecision(compute, () => linear(x, weight));
  expect([y.dtype, y.equal(exact), y.allclose(exact, { atol: 0.1 })]).toEqual(["float32", !hasFastBf16(), true]);
  const gradient = (of: Compute): readonly number[] => {
    const leaf = weight.detach();
    leaf.requiresGrad = true;
    backwardInPrecision(of, () => linear(x, leaf).sum().backward());
    return Array.from(leaf.grad?.data() ?? [], Number);
  };
  const [half, full] = [gradient(compute), gradient({ device: "cpu", precision: "fp32" })];
  expect([half.length, full.length]).toEqual([160, 160]);
  expect(half.every((each, i) => each === full[i])).toBe(!hasFastBf16());
  expect(() =>
    inPrecision(compute, () => {
      throw new Error("wrong");
    }),
  ).toThrow("wrong");
  expect(linear(x, weight).equal(exact)).toBe(true);
});

test("only fp16 scales its loss", () => {
  expect(gradScaler({ device: "cuda", precision: "fp16" })).toBeInstanceOf(GradScaler);
  expect(gradScaler({ device: "cuda", precision: "bf16" })).toBeNull();
  const scaler = new GradScaler();
  restoreScaler(scaler, { scale: 8, growthTracker: 3, calibrated: true });
  restoreScaler(scaler, null);
  restoreScaler(null, { scale: 4, growthTracker: 2, calibrated: false });
  expect(scaler.state()).toEqual({ scale: 8, growthTracker: 3, calibrated: true });
});

test("small batches grow on a GPU alone", () => {
  const sizes = ["gpt2", "char_lstm", "llama"].map((family) => effectiveBatchSize(4, "cuda", family));
  expect(sizes).toEqual([32, 64, 16]);
  expect([effectiveBatchSize(5, "cuda", "gpt2"), effectiveBatchSize(4, "cpu", "gpt2")]).toEqual([5, 4]);
  expect(effectiveBatchSize("auto", "cuda", "gpt2")).toBe(0); // to be found
});
