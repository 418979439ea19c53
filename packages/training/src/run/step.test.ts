import { build, gpt2, gpt2Config, type CausalLm } from "@trainer/models";
import { AdamW, GradScaler, manualSeed, memoryStats, setNumThreads, tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import type { Batch } from "../bins/batch-loader.js";
import type { Compute } from "./precision.js";
import { trainStep, type Stepper } from "./step.js";

setNumThreads(1);

function stepper(compute: Compute, options: { scaler?: GradScaler; clip?: number; lr?: number } = {}): Stepper {
  const config = gpt2Config({ vocabSize: 20, nPositions: 8, nEmbd: 16, nLayer: 1, nHead: 2 });
  const model = build(gpt2, config, { seed: 1 });
  return {
    model,
    params: model.params.list(),
    optimizer: new AdamW(model.params.named(), { lr: options.lr ?? 1e-2 }),
    compute,
    gradientClipping: options.clip ?? 1,
    scaler: options.scaler ?? null,
  };
}

const ids = (from: number) =>
  tensor(
    BigInt64Array.from({ length: 8 }, (_, i) => BigInt((from + i) % 20)),
    [1, 8],
  );
const batch = (): Batch => ({ inputs: ids(3), targets: ids(4), tokens: 8 });

test("steps lower the loss", () => {
  const s = stepper({ device: "cpu", precision: "fp32" });
  const losses = Array.from({ length: 30 }, () => trainStep(s, batch).loss);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
});

test("fp16 scales its loss; a step whose gradients overflow is left out, and the scale lowered", () => {
  const scaler = new GradScaler({ initScale: 2 ** 60 }); // no half gradient survives this
  const s = stepper({ device: "cpu", precision: "fp16" }, { scaler });
  const before = s.model.head.data();
  trainStep(s, batch);
  expect(s.model.head.data()).toEqual(before);
  expect(scaler.state().scale).toBe(2 ** 59);
  scaler.load({ scale: 1024, growthTracker: 0 });
  const { loss, gradNorm } = trainStep(s, batch);
  expect(s.model.head.data()).not.toEqual(before);
  expect(loss).toBeCloseTo(Math.log(20), 0);
  expect(gradNorm).toBeLessThan(10); // unscaled
});

test("the norm told is the one before clipping, and 0 clips nothing", () => {
  const norm = (clip: number) => trainStep(stepper({ device: "cpu", precision: "fp32" }, { clip }), batch).gradNorm;
  expect(norm(1e-6)).toBeCloseTo(norm(0), 6);
});

test("a loss that is no number is refused before it reaches the weights", () => {
  const s = stepper({ device: "cpu", precision: "fp32" });
  s.params.at(-1)?.detach().fill_(Number.NaN);
  const before = s.model.head.data();
  expect(() => trainStep(s, batch)).toThrow("the loss became NaN; a lower learning rate");
  expect(s.model.head.data()).toEqual(before);
});

test("so is a gradient", () => {
  const s = stepper({ device: "cpu", precision: "fp32" });
  const { model } = s;
  const rooted: CausalLm = { ...model, hidden: (ids, ctx) => model.hidden(ids, ctx).mul(0).sqrt() }; // its slope at 0 is infinite
  expect(() => trainStep({ ...s, model: rooted }, batch)).toThrow(/the gradient norm became (NaN|Infinity)/);
});

test("native memory stays flat over steps", () => {
  const s = stepper({ device: "cpu", precision: "fp32" });
  const live = () => memoryStats().liveTensors;
  const step = () => trainStep(s, batch, 2);
  step();
  const before = live();
  for (let i = 0; i < 50; i++) step();
  expect(live()).toBe(before);
});

test("activation checkpointing changes no bit of losses and weights, over accumulated batches too", () => {
  const run = (activationCheckpointing: boolean) => {
    manualSeed(9); // dropout is on
    const s = { ...stepper({ device: "cpu", precision: "fp32" }), activationCheckpointing };
    const losses = [1, 2, 3].map(() => trainStep(s, batch, 2).loss);
    return { losses, weights: s.params.map((p) => p.data()) };
  };
  expect(run(true)).toEqual(run(false));
});
