import { expect, test } from "vitest";
import type { PrecisionChoice } from "@trainer/options";
import { choosePrecision } from "./choose-precision.js";

function choose(precision: PrecisionChoice | null, suitable: PrecisionChoice) {
  const notes: string[] = [];
  const out = { note: (line: string) => void notes.push(line) };
  return { chosen: choosePrecision({ precision, device: "auto" }, out, () => suitable), notes };
}

test("without a choice a GPU's own is taken, and said", () => {
  const bf16 = "precision  bf16 (this GPU has it; --precision fp16, fp32 or tf32 for others)";
  expect(choose(null, "bf16")).toEqual({ chosen: "bf16", notes: [bf16] });
  const fp16 = "precision  fp16 (this GPU has no bf16; --precision fp32 for the other)";
  expect(choose(null, "fp16")).toEqual({ chosen: "fp16", notes: [fp16] });
  expect(choose(null, "auto")).toEqual({ chosen: "auto", notes: [] });
});

test("a choice stands, auto too", () => {
  expect(choose("auto", "bf16")).toEqual({ chosen: "auto", notes: [] });
  expect(choose("tf32", "bf16")).toEqual({ chosen: "tf32", notes: [] });
});
