import { build, gpt2, gpt2Config, type CausalLm } from "@trainer/models";
import {
  AdamW,
  eagerQueue,
  GradScaler,
  manualSeed,
  setNumThreads,
  tensor,
  TorchError,
  type DeviceQueue,
} from "@trainer/torch";
import { expect, test } from "vitest";
import type { Batch } from "../bins/batch.js";
import { nextToken } from "./objective.js";
import { queueStep, type Stepper } from "./step.js";
import { stepRecorder, StepRecorder } from "./step-recorder.js";

setNumThreads(1);

const silent = { warn: () => undefined };

function model(): CausalLm {
  const config = gpt2Config({ vocabSize: 20, nPositions: 8, nEmbd: 16, nLayer: 1, nHead: 2 });
  return build(gpt2, config, { seed: 1 });
}

/** Decides on the "device", as a GPU's steps do. */
function stepper(scaler: GradScaler | null = null): Stepper {
  const built = model();
  return {
    model: built,
    params: built.params.list(),
    optimizer: new AdamW(built.params.named(), { lr: 1e-2 }),
    compute: { device: "cpu", precision: scaler === null ? "fp32" : "fp16" },
    gradientClipping: 1,
    scaler,
    onDevice: true,
  };
}

const ids = (from: number, rows: number) =>
  tensor(
    BigInt64Array.from({ length: 8 * rows }, (_, i) => BigInt((from + i * i) % 20)),
    [rows, 8],
  );

/** The batches of a run: three rows, but every fifth has two, as the last of an epoch. */
function batches(documents = false): () => Batch {
  let count = 0;
  return () => {
    count += 1;
    const rows = count % 5 === 0 ? 2 : 3;
    const batch = { inputs: ids(count, rows), targets: ids(count + 1, rows), tokens: 8 * rows };
    return documents ? { ...batch, documents: ids(0, rows) } : batch;
  };
}

/** Batches of one size in which ever another number of targets counts, as of conversations. */
function masked(): () => Batch {
  let count = 0;
  return () => {
    count += 1;
    const tokens = 1 + ((7 * count) % 16);
    const targets = ids(count + 1, 2);
    targets
      .flatten()
      .narrow(0, tokens, 16 - tokens)
      .fill_(-100);
    return { inputs: ids(count, 2), targets, tokens };
  };
}

/** Recordings on a queue that runs at once. */
function watched(): { queue: DeviceQueue; recorded: () => number; replayed: () => number; open: () => number } {
  let [recorded, replayed, open] = [0, 0, 0];
  const queue: DeviceQueue = {
    ...eagerQueue,
    record(work, options) {
      expect(options).toEqual({ warm: true });
      const recording = eagerQueue.record(work);
      recorded += 1;
      open += 1;
      return {
        replay() {
          replayed += 1;
          recording.replay();
        },
        [Symbol.dispose]() {
          open -= 1;
          recording[Symbol.dispose]();
        },
      };
    },
  };
  return { queue, recorded: () => recorded, replayed: () => replayed, open: () => open };
}

function losses(step: typeof queueStep, s: Stepper, next: () => Batch, steps: number, count = 1): number[] {
  manualSeed(3); // dropout is on
  return Array.from({ length: steps }, (_, i) => {
    s.optimizer.lr = 2 ** -(7 + (i % 3)); // steps have others, which float32 holds exactly
    return step(s, next, count).result().loss;
  });
}

test.each([
  ["", 1, false],
  [" of two batches", 2, false],
  [" of documents apart", 1, true],
])("recorded steps%s give the bits of ordinary ones", (_, count, documents) => {
  const { queue, recorded, replayed, open } = watched();
  const recorder = new StepRecorder(queue, silent);
  const wanted = losses(queueStep, stepper(), batches(documents), 20, count);
  expect(losses(recorder.queueStep, stepper(), batches(documents), 20, count)).toEqual(wanted);
  expect([recorded(), open()]).toEqual([1, 1]);
  expect(replayed()).toBeGreaterThan(5);
  recorder[Symbol.dispose]();
  expect(open()).toBe(0);
  recorder[Symbol.dispose](); // once more is nothing
});

test("recorded steps weigh each batch by the targets that count in it then", () => {
  const { queue, recorded } = watched();
  using recorder = new StepRecorder(queue, silent);
  const wanted = losses(queueStep, stepper(), masked(), 12, 3);
  expect(losses(recorder.queueStep, stepper(), masked(), 12, 3)).toEqual(wanted);
  expect(recorded()).toBe(1);
  manualSeed(3);
  const next = masked();
  const tokens = Array.from({ length: 12 }, () => recorder.queueStep(stepper(), next, 3).tokens);
  expect(new Set(tokens).size).toBeGreaterThan(1);
});

test("in fp16 steps are recorded when the scale is no guess any more", () => {
  const scaler = new GradScaler();
  const { queue, recorded } = watched();
  using recorder = new StepRecorder(queue, silent);
  losses(recorder.queueStep, stepper(scaler), batches(), 10);
  expect(recorded()).toBe(0);
  scaler.load({ scale: 1024, growthTracker: 0, calibrated: true });
  losses(recorder.queueStep, stepper(scaler), batches(), 1);
  expect(recorded()).toBe(1);
});

test("where a step cannot be recorded the run goes on without, and says so once", () => {
  const failures: string[] = [];
  const queue: DeviceQueue = {
    ...eagerQueue,
    record(work) {
      work(); // has made gradients and more before it fails
      throw new Error("out of memory");
    },
  };
  const untouched = stepper();
  const recorder = new StepRecorder(
    {
      ...queue,
      record() {
        throw new Error("out of memory");
      },
    },
    { warn: (message) => failures.push(message) },
  );
  expect(losses(recorder.queueStep, untouched, batches(), 12)).toEqual(losses(queueStep, stepper(), batches(), 12));
  expect(failures).toEqual(["steps are not recorded, which makes them slower: out of memory"]);
  expect(() => losses(new StepRecorder(queue, silent).queueStep, stepper(), batches(), 12)).not.toThrow();
});

test("a recording that computes something else is found out before it is trusted", () => {
  const wrong: DeviceQueue = {
    ...eagerQueue,
    record: (work) => ({
      replay() {
        manualSeed(99); // another dropout
        eagerQueue.record(work).replay();
        eagerQueue.record(work).replay(); // and twice
      },
      [Symbol.dispose]() {},
    }),
  };
  using recorder = new StepRecorder(wrong, silent);
  expect(() => losses(recorder.queueStep, stepper(), batches(), 12)).toThrow(
    /a recorded step gives .*TRAINER_RECORD_STEPS=0/,
  );
});

test("where an ordinary step lacks memory the recording goes, and is made again later", () => {
  const { queue, recorded, open } = watched();
  using recorder = new StepRecorder(queue, silent);
  const s = stepper();
  let lacking = 0;
  const { model: whole } = s;
  const hungry: Stepper = {
    ...s,
    freeMemory: () => (lacking += 1),
    model: {
      ...whole,
      hidden(ids, ctx) {
        if (ids.size(0) === 2 && open() > 0) throw new TorchError("OUT_OF_MEMORY", "out of memory");
        return whole.hidden(ids, ctx);
      },
    },
  };
  losses(recorder.queueStep, hungry, batches(), 25);
  expect(lacking).toBeGreaterThan(1);
  expect(recorded()).toBe(lacking + open());
});

test("steps are recorded on a GPU whose kernels allow it, by AdamW, and where nobody looks on", () => {
  const gpu = { kernels: true, queue: () => eagerQueue, env: {} };
  const run = { profiled: false, optimizer: "adamw" };
  const on = (changes: Partial<Stepper>): Stepper => ({
    ...stepper(),
    compute: { device: "cuda", precision: "bf16" },
    ...changes,
  });
  const made = (s: Stepper, settings = run, has: typeof gpu & { env: NodeJS.ProcessEnv } = gpu) =>
    stepRecorder(s, settings, silent, has) !== null;
  expect(made(on({}))).toBe(true);
  expect(made(on({}), run, { ...gpu, kernels: false })).toBe(false);
  expect(made(on({}), run, { ...gpu, env: { TRAINER_RECORD_STEPS: "0" } })).toBe(false);
  expect(made(stepper())).toBe(false);
  expect(made(on({}), { ...run, optimizer: "sgd" })).toBe(false);
  expect(made(on({}), { ...run, profiled: true })).toBe(false);
  expect(made(on({ activationCheckpointing: true }))).toBe(false);
  expect(made(on({ objective: { ...nextToken(), recordable: false } }))).toBe(false);
  const { recordable: _, ...other } = model();
  expect(made(on({ model: other }))).toBe(false);
  expect(stepRecorder(stepper(), run, silent)).toBeNull();
});
