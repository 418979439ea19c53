import { ones, scope } from "@trainer/torch";
import { expect, test } from "vitest";
import type { Batch } from "../bins/batch.js";
import { StepProfiler, type StepProfile } from "./step-profile.js";
import type { QueuedStep } from "./step.js";

function step(): QueuedStep {
  const loss = scope(() =>
    ones([4, 4])
      .mm(ones([4, 4]))
      .sum()
      .item(),
  );
  return {
    tokens: 8,
    done: true,
    wait: () => {},
    result: () => ({ loss, figures: {}, gradNorm: 1, tokens: 8, skipped: false }),
  };
}
const next = (): Batch => {
  throw new Error("no batch is needed");
};

test("where a GPU's times cannot be seen the profile says why, and compares nothing with its limits", () => {
  const told: StepProfile[] = [];
  const profiler = new StepProfiler(2, { device: "cuda", precision: "bf16" }, (profile) => told.push(profile));
  for (let i = 0; i < 6; i += 1) expect(profiler.run(step, next).result().loss).toBe(64);
  profiler.end();
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ steps: 2, device: null, limits: null });
  expect(told[0]?.unseen).toMatch(/CUPTI/);
  expect(told[0]?.operators.find(({ name }) => name === "aten::mm")).toMatchObject({ calls: 1, flops: 128 });
});
