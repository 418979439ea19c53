import type { Estimate } from "@trainer/training";
import { expect, test } from "vitest";
import { report } from "./tell-estimate.js";

const estimate: Estimate = {
  parameters: 4_339_200,
  trainableParameters: 4_339_200,
  tokens: 288_499,
  steps: 141,
  memoryBytes: 512 * 2 ** 20,
  seconds: 61,
  reasons: {},
  availableBytes: 8 * 2 ** 30,
  device: "cpu",
  precision: "fp32",
  threads: 1,
  isSampled: false,
  isBusy: false,
};

test("figures have their units, and what is judged by a part of the text says so", () => {
  expect(report(estimate)).toEqual([
    "parameters  4,339,200",
    "tokens      288,499 in the text that is trained on",
    "steps       141",
    "memory      about 512 MiB of 8.00 GiB",
    "time        about 1 min 01 s",
    "on          cpu, fp32, 1 thread",
    "",
    "A run that learns nothing more ends sooner.",
  ]);
  const sampled = report({ ...estimate, isSampled: true, isBusy: true, trainableParameters: 1000, threads: 2 }).join(
    "\n",
  );
  expect(sampled).toContain("4,339,200, of which 1,000 are trained");
  expect(sampled).toContain("about 288,499");
  expect(sampled).toContain("about 141");
  expect(sampled).toContain("fp32, 2 threads");
  expect(sampled).toContain("Other programs kept the machine busy meanwhile");
});

test("what is not known says why, each reason once, and a GPU has no threads", () => {
  const why = "the batch size is looked for when the run begins";
  const unknown = { steps: null, memoryBytes: null, seconds: null };
  const reasons = { steps: why, memoryBytes: why, seconds: why };
  const lines = report({ ...estimate, ...unknown, reasons, device: "cuda", precision: "bf16", isBusy: true });
  expect(lines.slice(2)).toEqual([
    "steps       not known yet",
    "memory      not known yet",
    "time        not known yet",
    "on          cuda, bf16",
    "",
    `Not known yet: ${why}.`,
  ]);
  expect(report({ ...estimate, seconds: null })).toHaveLength(6);
});
