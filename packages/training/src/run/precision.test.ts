import { aten, GradScaler, ones } from "@trainer/torch";
import { expect, test } from "vitest";
import { effectiveBatchSize, gradScaler, inPrecision, resolveCompute, restoreScaler } from "./precision.js";

test("auto is the GPU in fp16 where there is one, else the CPU in fp32", () => {
  expect(resolveCompute("auto", "auto", 1)).toEqual({ device: "cuda", precision: "fp16" });
  expect(resolveCompute("auto", "auto", 0)).toEqual({ device: "cpu", precision: "fp32" });
  expect(resolveCompute("cpu", "auto", 1)).toEqual({ device: "cpu", precision: "fp32" });
  expect(resolveCompute("cuda", "bf16", 1)).toEqual({ device: "cuda", precision: "bf16" });
  expect(resolveCompute("cpu", "fp32").device).toBe("cpu");
});

test("what cannot be had is refused, not replaced", () => {
  expect(() => resolveCompute("cuda", "auto", 0)).toThrow("CUDA requested but not available");
  for (const precision of ["fp16", "bf16"] as const) {
    expect(() => resolveCompute("auto", precision, 0)).toThrow(`${precision} precision is not supported on CPU`);
  }
});

test("half precisions compute products in a half type, fp32 does not", () => {
  const product = (precision: "fp32" | "fp16" | "bf16") =>
    inPrecision({ device: "cpu", precision }, () => aten.mm(ones([2, 2]), ones([2, 2])).dtype);
  expect([product("fp32"), product("fp16"), product("bf16")]).toEqual(["float32", "float16", "bfloat16"]);
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
