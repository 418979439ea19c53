import { most } from "@trainer/options";
import { TrainRequest, type RunProgress } from "@trainer/platform";
import { near } from "@trainer/testing";
import type { StepDone } from "@trainer/training";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FromChild, ToChild, type RunUpdate } from "./messages.js";
import { ProgressReporter } from "./progress-reporter.js";

function telling(told: RunProgress | null = null) {
  const said: RunUpdate[] = [];
  return { said, teller: new ProgressReporter(told, (each) => said.push(each)) };
}

const step = (number: number, fields: Partial<StepDone> = {}): StepDone => ({
  step: number,
  totalSteps: 8,
  epoch: Math.floor((number - 1) / 4),
  epochs: 2,
  endsEpoch: number % 4 === 0,
  loss: 2,
  figures: {},
  gradNorm: number,
  skipped: false,
  lr: 0.1,
  samples: 8,
  tokens: 100,
  ms: 50,
  ...fields,
});
const validation = (at: number, loss: number, best = true) =>
  ({
    type: "eval",
    split: "validation",
    step: at,
    epoch: 0,
    tokensSeen: 1,
    loss,
    ppl: 1,
    bitsPerByte: 1,
    best,
    seconds: 0,
  }) as const;
const checkpoint = (at: number) =>
  ({ type: "checkpoint", step: at, path: "", bytes: 0, best: true, seconds: 0 }) as const;

const progressOf = (said: readonly RunUpdate[]) =>
  said.flatMap((each) => (each.kind === "config" ? [] : [each.training]));

test("of steps in quick succession the first and each epoch's last are told, with the rates since the one before", () => {
  const { said, teller } = telling();
  const before = Date.now() / 1000;
  for (let i = 1; i <= 8; i++) teller.step(step(i));
  expect(progressOf(said).map((each) => each.step)).toEqual([1, 4, 8]);
  const last = said.at(-1);
  expect(last).toMatchObject({
    kind: "step",
    border: true,
    samplesPerSec: 160,
    training: {
      epoch: 1,
      total_epochs: 2,
      tokens_per_sec: 2000,
      eta_seconds: 0,
      val_loss: null,
      checkpoint_step: null,
    },
  });
  const at = last?.kind === "step" ? last.at : NaN;
  expect([at >= before, at <= Date.now() / 1000]).toEqual([true, true]);
  const [first, middle] = said;
  expect(first).toMatchObject({ samplesPerSec: 160, training: { tokens_per_sec: 2000, eta_seconds: near(7 * 0.05) } });
  expect(middle).toMatchObject({ training: { eta_seconds: near(4 * 0.05) } }); // at the pace of the last step
});

test("a validation is told with the best loss so far and the mean norm of its epoch", () => {
  const { said, teller } = telling();
  for (let i = 1; i <= 4; i++) teller.step(step(i));
  teller.event(validation(4, 1.5));
  for (let i = 5; i <= 8; i++) teller.step(step(i));
  teller.event(validation(8, 1.7, false));
  const told = said.filter((each) => each.kind === "validation");
  expect(told.map(({ loss, gradNorm, training }) => [loss, gradNorm, training.best_val_loss])).toEqual([
    [1.5, 2.5, 1.5],
    [1.7, 6.5, 1.5],
  ]);
});

test("the first checkpoint is told, be it of the first step", () => {
  const { said, teller } = telling();
  teller.step(step(1));
  teller.event(checkpoint(1));
  expect(said.at(-1)).toMatchObject({ kind: "checkpoint", training: { checkpoint_step: 1 } });
});

test("a step that fp16 skipped has no part in the mean norm, and what is told of it passes to another process", () => {
  const { said, teller } = telling();
  teller.step(step(1, { gradNorm: Infinity, skipped: true }));
  teller.event(validation(1, 3));
  teller.step(step(2));
  teller.step(step(3, { gradNorm: NaN, skipped: true }));
  teller.step(step(4));
  teller.event(validation(4, 1.5));
  const norms = said.flatMap((each) => (each.kind === "validation" ? [each.gradNorm] : []));
  expect(norms).toEqual([0, 3]);
  for (const update of said) expect(FromChild.safeParse({ type: "update", update }).success).toBe(true);
  const odd = { kind: "validation", at: 1, training: progressOf(said)[0], loss: Infinity, gradNorm: NaN };
  expect(FromChild.safeParse({ type: "update", update: odd }).success).toBe(true);
});

test("the loss on the test split is not told by itself, but belongs to what is told from then on", () => {
  const { said, teller } = telling();
  teller.step(step(4));
  teller.event({ ...validation(4, 3), split: "test" });
  expect(said).toHaveLength(1);
  teller.event(checkpoint(4));
  expect(said[1]).toMatchObject({ kind: "checkpoint", training: { test_loss: 3, val_loss: null, checkpoint_step: 4 } });
});

test("what was told by a process before this one is not told again; what was not, is", () => {
  const told = progressOf(
    (() => {
      const { said, teller } = telling();
      teller.step(step(4));
      teller.event(validation(4, 1.5));
      teller.event(checkpoint(4));
      return said;
    })(),
  ).at(-1);
  const again = telling(told ?? null);
  for (let i = 3; i <= 4; i++) again.teller.step(step(i));
  again.teller.event(validation(4, 1.5));
  again.teller.event(validation(3, 1.9));
  again.teller.event(checkpoint(4));
  expect(again.said).toEqual([]);
  again.teller.event(validation(4, 1.4)); // the process died between its step and this
  again.teller.step(step(5, { endsEpoch: false }));
  again.teller.event(checkpoint(5));
  expect(again.said.map(({ kind }) => kind)).toEqual(["validation", "step", "checkpoint"]);
  expect(progressOf(again.said).at(-1)).toMatchObject({ val_loss: 1.4, checkpoint_step: 5 });
  again.teller.event(validation(8, 1.5)); // as low as one before, and another
  expect(again.said.map(({ kind }) => kind).slice(3)).toEqual(["validation"]);
});

test("before a run's first step there is nothing to tell but what it is made of", () => {
  const { said, teller } = telling();
  teller.event(validation(0, 5));
  teller.event(checkpoint(0));
  const config = { modelFamily: "gpt2", modelSize: "tiny", batchSize: 8, learningRate: 0.1, threads: 2 };
  teller.event({ type: "warning", message: "hot" });
  expect(said).toEqual([]);
  const rest = {
    runId: "r",
    path: "",
    device: "cpu",
    precision: "fp32",
    maxSeqLen: 8,
    seed: 1,
    fromStep: 0,
  } as const;
  teller.event({ type: "config", ...rest, ...config });
  expect(said).toEqual([{ kind: "config", ...config }]);
});

/** Figures of all kinds: gradients overflow, losses are lost, and a machine without time gives rates without end. */
const figure = fc.double();

test("whatever a run may be asked, and whatever its figures are, its parent understands what is said of it", () => {
  const asked = fc.record({
    num_epochs: fc.integer({ min: 1, max: most.epochs }),
    batch_size: fc.integer({ min: 1, max: most.batchSize }),
    learning_rate: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    seed: fc.maxSafeNat(),
    user_id: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  });
  const done = fc.record({ loss: figure, gradNorm: figure, lr: figure, tokens: fc.nat(), ms: fc.double({ min: 0 }) });
  const property = fc.property(
    asked,
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc.array(done, { maxLength: 4 }),
    figure,
    (fields, totalSteps, steps, loss) => {
      const { user_id: userId, ...request } = TrainRequest.parse({ corpus_path: "a", tokenizer_id: "t", ...fields });
      const message = { type: "train", runId: "r", userId: String(userId), request, fence: 1, lastReported: null };
      expect(ToChild.safeParse(message).error).toBeUndefined();
      const { said, teller } = telling();
      const { batch_size: batchSize, learning_rate: learningRate, num_epochs: epochs } = request;
      teller.event({ ...CONFIG, batchSize, learningRate });
      const first = totalSteps - Math.min(steps.length, totalSteps) + 1;
      for (const [i, each] of steps.entries())
        teller.step(
          step(first + i, { ...each, totalSteps, epochs, epoch: epochs - 1, skipped: i % 2 === 1, endsEpoch: true }),
        );
      teller.event(validation(totalSteps, loss));
      teller.event(checkpoint(totalSteps));
      for (const update of said) expect(FromChild.safeParse({ type: "update", update }).error).toBeUndefined();
    },
  );
  fc.assert(property);
});

const CONFIG = {
  type: "config",
  runId: "r",
  path: "/r",
  modelFamily: "gpt2",
  modelSize: "small",
  device: "cpu",
  precision: "fp32",
  threads: 1,
  maxSeqLen: 8,
  seed: 1,
  fromStep: 0,
} as const;
