import { containing } from "@trainer/testing";
import { allowTf32, aten, GradScaler, ones } from "@trainer/torch";
import { expect, test } from "vitest";
import {
  effectiveBatchSize,
  gradScaler,
  inPrecision,
  productType,
  resolveCompute,
  restoreScaler,
  suitablePrecision,
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
  for (const precision of ["fp16", "bf16", "tf32"] as const) {
    const refused = refusal("INVALID_INPUT", `${precision} precision is not supported on CPU`);
    expect(() => resolveCompute("auto", precision, 0)).toThrow(refused);
  }
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
  const allowed = (precision: "fp32" | "tf32" | "bf16") =>
    inPrecision({ device: "cpu", precision }, () => {
      const now = allowTf32(false);
      allowTf32(now);
      return now;
    });
  expect([allowed("fp32"), allowed("tf32"), allowed("bf16"), allowTf32(false)]).toEqual([false, true, true, false]);
});

test("half precisions compute products in a half type, fp32 does not", () => {
  const types = (["fp32", "tf32", "fp16", "bf16"] as const).map((precision) =>
    productType({ device: "cpu", precision }),
  );
  expect(types).toEqual(["float32", "float32", "float16", "bfloat16"]);
  const product = (precision: "fp32" | "tf32" | "fp16" | "bf16") =>
    inPrecision({ device: "cpu", precision }, () => aten.mm(ones([2, 2]), ones([2, 2])).dtype);
  const products = [product("fp32"), product("tf32"), product("fp16"), product("bf16")];
  expect(products).toEqual(["float32", "float32", "float16", "bfloat16"]);
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
