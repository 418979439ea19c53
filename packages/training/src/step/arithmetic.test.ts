import { allowTf32, setDeterministic } from "@trainer/torch";
import { expect, test } from "vitest";
import { setArithmetic } from "./arithmetic.js";
import type { Compute } from "./precision.js";

/** TF32 and determinism as they are set. */
function current() {
  const [tf32, deterministic] = [allowTf32(false), setDeterministic(false)];
  allowTf32(tf32);
  setDeterministic(deterministic);
  return { tf32, deterministic };
}

function during(compute: Compute, deterministic: boolean) {
  using _arithmetic = setArithmetic(compute, deterministic);
  return current();
}

test("a run computes by its options, and what comes after it as before", () => {
  expect(during({ device: "cuda", precision: "tf32" }, true)).toEqual({ tf32: true, deterministic: true });
  expect(during({ device: "cuda", precision: "bf16" }, false)).toEqual({ tf32: true, deterministic: false });
  expect(during({ device: "cuda", precision: "fp32" }, false)).toEqual({ tf32: false, deterministic: false });
  expect(during({ device: "cpu", precision: "fp32" }, true).deterministic).toBe(false);
  expect(current()).toEqual({ tf32: false, deterministic: false });
});
