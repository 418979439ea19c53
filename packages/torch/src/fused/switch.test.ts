import { afterEach, expect, test } from "vitest";

import { zeros } from "../create.js";
import type { DType } from "../dtype.js";
import { fusableOn, useFusedKernels } from "./switch.js";

afterEach(() => void useFusedKernels(true));

const on = (device: "cpu" | "meta", dtype: DType = "float32") => zeros([2], { device, dtype });

test("a device's kernels take what lies there: parameters of float32, activations of the types that are computed in", () => {
  const fusable = fusableOn("meta", true);
  expect(fusable([on("meta"), on("meta")])).toBe(true);
  expect(fusable([on("meta")], [on("meta"), on("meta", "bfloat16"), on("meta", "float16")])).toBe(true);
  expect(fusable([on("meta"), on("cpu")])).toBe(false);
  expect(fusable([on("meta", "bfloat16")])).toBe(false);
  expect(fusable([on("meta")], [on("cpu", "bfloat16")])).toBe(false);
  expect(fusable([on("meta")], [on("meta", "float64")])).toBe(false);
});

test("nothing is taken where there are no kernels, or where they are turned off", () => {
  expect(fusableOn("meta", false)([on("meta")])).toBe(false);
  useFusedKernels(false);
  expect(fusableOn("meta", true)([on("meta")])).toBe(false);
});
