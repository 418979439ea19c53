import { TrainRequest, type RunProgress } from "@trainer/platform";
import { expect, test } from "vitest";
import { RunEvents } from "./run-events.js";

const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "f", num_epochs: 4 });
const events = new RunEvents("r", 9007199254740993n, request);
const of = { job_id: "r", user_id: 9007199254740993n };

/** Progress with hardly any field. */
const bare: RunProgress = {
  step: 3,
  total_steps: 40,
  epoch: 1,
  total_epochs: 4,
  train_loss: null,
  lr: null,
  grad_norm: null,
  tokens_per_sec: null,
  eta_seconds: null,
  val_loss: null,
  best_val_loss: null,
  test_loss: null,
  checkpoint_step: null,
  rss_bytes: null,
};

test("a run without a test split is completed with its training loss, and one without any with none", () => {
  const completed = (testLoss: number | null, trainLoss: number | null) =>
    events.completed({ fileId: "id", bytes: 7 }, { testLoss, trainLoss, path: "/r", progress: null });
  expect(completed(1, 2)).toEqual([
    { type: "trainer.job.completed.v1", domain: "trainer", ...of, result_id: "id", result_bytes: 7 },
    { type: "trainer.metrics.completed.v1", ...of, test_loss: 1, test_ppl: Math.E, artifact_path: "/r" },
  ]);
  expect(completed(null, 2)[1]).toMatchObject({ test_loss: 2, test_ppl: Math.exp(2) });
  expect(completed(null, null)[1]).toMatchObject({ test_loss: 0, test_ppl: 1 });
});

test("figures that are not numbers are told as clients can read them: a loss of infinity, else 0", () => {
  const { change, events: told } = events.update({
    kind: "step",
    at: 5,
    training: bare,
    samplesPerSec: 8,
    border: false,
  });
  expect(change).toEqual({ progress: 7, message: "training", training: bare });
  expect(told[1]).toMatchObject({ train_loss: Infinity, train_ppl: Infinity, grad_norm: 0, tokens_per_sec: 0, at: 5 });
  const known = { ...bare, train_loss: 1, grad_norm: 2, tokens_per_sec: 3, eta_seconds: 4 };
  const validation = events.update({ kind: "validation", at: 6, training: known, loss: 0, gradNorm: 7 }).events[1];
  expect(validation).toMatchObject({ train_loss: 1, grad_norm: 7, tokens_per_sec: 3, eta_seconds: 4, val_ppl: 1 });
  const step = events.update({ kind: "step", at: 6, training: known, samplesPerSec: 8, border: true }).events[1];
  expect(step).toMatchObject({ grad_norm: 2 });
  expect(step).not.toHaveProperty("val_loss");
});

test("a checkpoint is told by its step, which else is that of the run", () => {
  const step = (training: RunProgress) => events.update({ kind: "checkpoint", training, best: true }).events;
  expect(step({ ...bare, checkpoint_step: 2 })).toEqual([
    { type: "trainer.run.checkpoint.v1", ...of, step: 2, best: true },
  ]);
  expect(step(bare)).toEqual([{ type: "trainer.run.checkpoint.v1", ...of, step: 3, best: true }]);
  expect(events.update({ kind: "checkpoint", training: bare, best: true }).change).toEqual({ training: bare });
});

test("what a run is made of is told with the epochs asked for and the threads that it computes with", () => {
  const config = { modelFamily: "llama", modelSize: "tiny", batchSize: 8, learningRate: 0.1, threads: 3 };
  expect(events.update({ kind: "config", ...config })).toEqual({
    change: { message: "training" },
    events: [
      {
        type: "trainer.metrics.config.v1",
        ...of,
        model_family: "llama",
        model_size: "tiny",
        total_epochs: 4,
        queue: "trainer",
        cpu_cores: 3,
        optimal_threads: 3,
        batch_size: 8,
        learning_rate: 0.1,
      },
    ],
  });
});

test("events have the names and fields that clients know", () => {
  const job = { domain: "trainer", ...of };
  expect(events.started()).toEqual({ type: "trainer.job.started.v1", ...job, queue: "trainer" });
  expect(events.failed("no room", "system")).toEqual({
    type: "trainer.job.failed.v1",
    ...job,
    error_kind: "system",
    message: "no room",
  });
  const training = { ...bare, train_loss: 1, grad_norm: 2, tokens_per_sec: 3, eta_seconds: 4 };
  expect(events.update({ kind: "step", at: 5, training, samplesPerSec: 8, border: false }).events).toEqual([
    { type: "trainer.job.progress.v1", ...job, progress: 7, message: "training" },
    {
      type: "trainer.metrics.progress.v1",
      ...of,
      epoch: 1,
      total_epochs: 4,
      step: 3,
      train_loss: 1,
      train_ppl: Math.E,
      grad_norm: 2,
      samples_per_sec: 8,
      total_steps: 40,
      tokens_per_sec: 3,
      eta_seconds: 4,
      at: 5,
    },
  ]);
});
