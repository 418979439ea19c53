import { build, gpt2, gpt2Config } from "@trainer/models";
import { containing, near } from "@trainer/testing";
import {
  AdamW,
  cat,
  devices,
  full,
  GradScaler,
  manualSeed,
  memoryStats,
  setNumThreads,
  tensor,
  TorchError,
  type Tensor,
} from "@trainer/torch";
import { expect, test } from "vitest";
import { IGNORED, type Batch } from "../bins/batch.js";
import type { Compute } from "./precision.js";
import { nextToken, type Objective } from "./objective.js";
import { queueBatches, queueStep, trainStep, type Stepper } from "./step.js";

setNumThreads(1);

interface Changes {
  readonly scaler?: GradScaler;
  readonly clip?: number;
  readonly lr?: number;
  readonly dropout?: number;
}

function stepper(compute: Compute, options: Changes = {}): Stepper {
  const rate = options.dropout;
  const rates = rate === undefined ? {} : { embdPdrop: rate, attnPdrop: rate, residPdrop: rate };
  const config = gpt2Config({ vocabSize: 20, nPositions: 8, nEmbd: 16, nLayer: 1, nHead: 2, ...rates });
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

test("a step drops activations out where the model says so, and computes in full where it does not", () => {
  const losses = (dropout: number) => {
    const s = stepper({ device: "cpu", precision: "fp32" }, { dropout, lr: 1e-12 });
    return new Set(Array.from({ length: 4 }, () => trainStep(s, batch).loss.toFixed(4))).size;
  };
  expect(losses(0.5)).toBeGreaterThan(1);
  expect(losses(0)).toBe(1);
});

test("on a CPU a step's result is there at once, whoever decides, and no finite step is skipped", () => {
  const compute = { device: "cpu", precision: "fp32" } as const;
  for (const onDevice of [undefined, false, true]) {
    const step = queueStep({ ...stepper(compute), ...(onDevice === undefined ? {} : { onDevice }) }, batch);
    expect(step.done).toBe(true);
    expect(step.result()).toMatchObject({ tokens: 8, skipped: false });
  }
});

test.each([
  ["the host decides", () => stepper({ device: "cpu", precision: "fp32" }, { dropout: 0, lr: 0.1 })],
  [
    "the device decides",
    () => ({ ...stepper({ device: "cpu", precision: "fp32" }, { dropout: 0, lr: 0.1 }), onDevice: true }),
  ],
])("accumulated batches weigh as many targets as they have, so that they are one large batch: %s", (_, make) => {
  const few = (): Batch => ({
    inputs: ids(9),
    targets: cat([ids(2).narrow(1, 0, 1), full([1, 7], IGNORED, { dtype: "int64" })], 1),
    tokens: 1,
  });
  const both = (): Batch => {
    const [a, b] = [batch(), few()];
    return { inputs: cat([a.inputs, b.inputs]), targets: cat([a.targets, b.targets]), tokens: a.tokens + b.tokens };
  };
  const after = (next: () => Batch, count: number) => {
    const s = make();
    const { loss, gradNorm, tokens } = trainStep(s, next, count);
    return { numbers: [loss, gradNorm, tokens], weights: s.params.flatMap((p) => Array.from(p.data(), Number)) };
  };
  const queue = [batch, few];
  const accumulated = after(() => (queue.shift() ?? batch)(), 2);
  const whole = after(both, 1);
  expect(accumulated.numbers).toEqual(whole.numbers.map((x) => near(x, 5)));
  // Adam's first step goes by the gradient's sign alone; what is near 0 may fall on either side.
  const apart = accumulated.weights.filter((w, i) => Math.abs(w - (whole.weights[i] ?? NaN)) > 1e-4);
  expect(apart.length / whole.weights.length).toBeLessThan(0.01);
});

test("fp16 scales its loss; a step whose gradients overflow is left out, and the scale lowered", () => {
  const scaler = new GradScaler();
  scaler.load({ scale: 2 ** 60, growthTracker: 0, calibrated: true }); // no half gradient survives this
  const s = stepper({ device: "cpu", precision: "fp16" }, { scaler });
  const before = s.model.head.data();
  const left = trainStep(s, batch);
  expect(left.skipped).toBe(true);
  expect(left.gradNorm).not.toBeLessThan(Infinity);
  expect(s.model.head.data()).toEqual(before);
  expect(scaler.state().scale).toBe(2 ** 59);
  scaler.load({ scale: 1024, growthTracker: 0, calibrated: true });
  const { loss, gradNorm, skipped } = trainStep(s, batch);
  expect(skipped).toBe(false);
  expect(s.model.head.data()).not.toEqual(before);
  expect(loss).toBeCloseTo(Math.log(20), 0);
  expect(gradNorm).toBeLessThan(10); // unscaled
});

/** A model whose hidden states are what `f` makes of them; `calls` is from 1. */
function changed(s: Stepper, f: (hidden: Tensor, call: number) => Tensor): Stepper {
  let calls = 0;
  const { model } = s;
  return { ...s, model: { ...model, hidden: (ids, ctx) => f(model.hidden(ids, ctx), (calls += 1)) } };
}

test("while its scale is a guess fp16 takes the step again with a lower one, with the same dropout", () => {
  const run = (initScale: number, calibrated = false) => {
    manualSeed(5); // dropout is on
    const scaler = new GradScaler();
    scaler.load({ scale: initScale, growthTracker: 0, calibrated });
    const s = stepper({ device: "cpu", precision: "fp16" }, { scaler });
    const steps = Array.from({ length: 40 }, () => trainStep(s, batch, 2));
    return { losses: steps.map(({ loss }) => loss), skipped: steps.filter(({ skipped }) => skipped).length, scaler };
  };
  const guessed = run(2 ** 40);
  const { scale } = guessed.scaler.state();
  expect(scale).toBeLessThan(2 ** 30);
  expect(guessed.scaler.state()).toEqual({ scale, growthTracker: 40, calibrated: true });
  expect(guessed.skipped).toBe(0);
  expect(guessed.losses).toEqual(run(scale, true).losses);
});

test("a scale is a guess until 32 steps in a row had finite gradients", () => {
  const scaler = new GradScaler({ initScale: 1024 });
  const s = stepper({ device: "cpu", precision: "fp16" }, { scaler });
  const known = Array.from({ length: 33 }, () => {
    trainStep(s, batch);
    return scaler.calibrated;
  });
  expect(known.indexOf(true)).toBe(31);
  expect(known.slice(31)).toEqual([true, true]);
});

test("gradients that no scale makes finite, or a loss that is no number, are a failure and no overflow", () => {
  const fp16 = () => stepper({ device: "cpu", precision: "fp16" }, { scaler: new GradScaler() });
  const rooted = changed(fp16(), (hidden) => hidden.mul(0).sqrt()); // its slope at 0 is infinite
  expect(() => trainStep(rooted, batch)).toThrow(/the gradient norm became (NaN|Infinity)/);
  const broken = changed(fp16(), (hidden) => hidden.mul(NaN));
  expect(() => trainStep(broken, batch)).toThrow("the loss became NaN");
});

const onDevice = (options: Parameters<typeof stepper>[1] = {}): Stepper => ({
  ...stepper({ device: "cpu", precision: "fp32" }, options),
  onDevice: true,
});

test("a step whose decisions are the device's is the step that the host decides on", () => {
  const losses = (s: Stepper) => {
    manualSeed(3);
    return Array.from({ length: 5 }, () => trainStep(s, batch, 2)).map(({ loss, gradNorm }) => [loss, gradNorm]);
  };
  for (const clip of [0, 0.5]) {
    const [device, host] = [
      losses(onDevice({ clip })),
      losses(stepper({ device: "cpu", precision: "fp32" }, { clip })),
    ];
    expect(device).toEqual(host.map((row) => row.map((x) => near(x, 4))));
  }
});

test("what an objective tells beside its loss is the mean over all batches, whoever decides, and does not change the loss", () => {
  const rows = (tokens: number): Batch => ({ ...batch(), tokens });
  const told = (s: Stepper, objective: Objective) => {
    const batches = [rows(8), rows(24)];
    return queueBatches({ ...s, objective }, batches).result();
  };
  const plain = nextToken();
  const withFigures: Objective = {
    recordable: false,
    ofBatch: (...asked) => ({
      ...plain.ofBatch(...asked),
      figures: { tokens: full([], asked[1].tokens), one: full([], 1) },
    }),
  };
  for (const made of [() => onDevice({}), () => stepper({ device: "cpu", precision: "fp32" })]) {
    const { loss, figures } = told(made(), withFigures);
    expect(figures).toEqual({ tokens: (8 * 8 + 24 * 24) / 32, one: 1 });
    expect(told(made(), plain)).toMatchObject({ loss, figures: {} });
  }
});

test("what is not finite is left out by the device, and a failure when the step is read, later ones queued or not", () => {
  const fails = (hidden: Tensor, call: number) =>
    call === 2 ? hidden.mul(NaN) : call === 3 ? hidden.mul(0).sqrt() : hidden;
  const s = changed(onDevice(), fails);
  queueStep(s, batch).result();
  const before = s.params.map((p) => p.data());
  const [loss, gradient] = [queueStep(s, batch), queueStep(s, batch)];
  expect(s.params.map((p) => p.data())).toEqual(before);
  const steps = [...s.optimizer.state()].filter(([name]) => name.startsWith("step."));
  expect(new Set(steps.map(([, count]) => count.item()))).toEqual(new Set([1]));
  loss.wait();
  expect(() => loss.result()).toThrow("the loss became NaN; a lower learning rate");
  expect(() => gradient.result()).toThrow(/the gradient norm became (NaN|Infinity)/);
});

test.skipIf(devices().cuda.count > 0)("a step for a GPU that is not there is refused", () => {
  const s = stepper({ device: "cuda", precision: "fp32" });
  expect(() => trainStep(s, batch)).toThrow(/there is no cuda device/);
});

test("where memory does not suffice a step is tried once more with the same dropout, then fails", () => {
  const freed: string[] = [];
  const run = (failing: readonly number[], freeMemory: (() => void) | null) => {
    manualSeed(11);
    const s = changed(stepper({ device: "cpu", precision: "fp32" }), (hidden, call) => {
      if (failing.includes(call)) throw new TorchError("OUT_OF_MEMORY", "CUDA out of memory.");
      return hidden;
    });
    const losses = [1, 2].map(() => trainStep({ ...s, freeMemory }, batch, 2).loss);
    return { losses, weights: s.params.map((p) => p.data()) };
  };
  const freeMemory = () => void freed.push("freed");
  // The second of two batches: the gradient of the first is there by then.
  expect(run([4], freeMemory)).toEqual(run([], null));
  expect(freed).toEqual(["freed"]);
  expect(() => run([2, 3], freeMemory)).toThrow("CUDA out of memory.");
  expect(() => run([1], null)).toThrow("CUDA out of memory.");
});

test("the norm told is the one before clipping, and 0 clips nothing", () => {
  const norm = (clip: number) => trainStep(stepper({ device: "cpu", precision: "fp32" }, { clip }), batch).gradNorm;
  expect(norm(1e-6)).toBeCloseTo(norm(0), 6);
});

/** A failure that trying again does not mend. */
const notFinite = (what: string): unknown =>
  expect.objectContaining({ code: "TRAINING_NAN_LOSS", failureClass: "FATAL", message: containing(what) });

test("a loss that is no number is refused before it reaches the weights", () => {
  const s = stepper({ device: "cpu", precision: "fp32" });
  s.params.at(-1)?.detach().fill_(Number.NaN);
  const before = s.model.head.data();
  expect(() => trainStep(s, batch)).toThrow(notFinite("the loss became NaN; a lower learning rate, warm-up or"));
  expect(s.model.head.data()).toEqual(before);
});

test("so is a gradient", () => {
  const rooted = changed(stepper({ device: "cpu", precision: "fp32" }), (hidden) => hidden.mul(0).sqrt());
  expect(() => trainStep(rooted, batch)).toThrow(notFinite("the gradient norm became "));
});

test.each([
  ["of a CPU", () => stepper({ device: "cpu", precision: "fp32" })],
  ["of a device", () => onDevice()],
  ["in fp16", () => stepper({ device: "cpu", precision: "fp16" }, { scaler: new GradScaler() })],
])("native memory stays flat over steps %s", (_, make) => {
  const s = make();
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
