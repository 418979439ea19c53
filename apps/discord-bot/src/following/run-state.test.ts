import { expect, test } from "vitest";
import { eventsOf } from "../../test/events.js";
import { runStatus, TRAINING } from "../../test/trainer.js";
import { alertLine } from "./alert-line.js";
import { applyEvent } from "./apply-event.js";
import { applyStatus } from "./apply-status.js";
import { courseOf } from "./course.js";
import { runEmbed } from "./run-embed.js";
import { newRun, type RunState } from "./run-state.js";

const run = eventsOf("r", 5n);
const fresh = newRun("r", 5n);

/** State of a run after events. */
const after = (...events: readonly Parameters<typeof applyEvent>[1][]): RunState =>
  events.reduce((state, event) => applyEvent(state, event)?.state ?? state, fresh);
const training = after(run.queued, run.started, run.config, run.step(10));
const ended = after(run.queued, run.started, run.jobCompleted, run.completed);
const failed = after(run.started, run.failed("no room"));

test.each([
  ["queued", run.queued, after(run.queued)],
  ["started", run.started, training],
  ["config", run.config, training],
  ["step", run.step(10), training],
  ["checkpoint", run.checkpoint(5), after(run.checkpoint(5))],
  ["evaluated", run.evaluated, after(run.evaluated)],
  ["job completed", run.jobCompleted, ended],
  ["completed", run.completed, ended],
  ["failed", run.failed("no room"), failed],
  ["a step, come late,", run.step(11), ended],
] as const)("%s for a second time changes nothing", (_, event, state) => {
  expect(applyEvent(state, event)).toBeNull();
});

test("progress without figures is none, and a configuration may leave things out", () => {
  const job = { domain: "trainer", job_id: "r", user_id: 5n } as const;
  expect(applyEvent(training, { type: "trainer.job.progress.v1", ...job, progress: 5 })).toBeNull();
  const { type, job_id, user_id, model_family, model_size, total_epochs, queue } = run.config;
  const bare = applyEvent(fresh, { type, job_id, user_id, model_family, model_size, total_epochs, queue });
  expect(bare?.state.config).toMatchObject({ totalEpochs: 3, batchSize: null, learningRate: null, workers: null });
});

test("the end of an epoch, at which nothing is trained, keeps the speed there was, if there was one", () => {
  const border = run.step(20, { samples_per_sec: 0, val_loss: 3, val_ppl: 20 });
  expect(applyEvent(training, border)?.state.progress).toMatchObject({ samplesPerSec: 88.04, valLoss: 3 });
  expect(applyEvent(fresh, border)?.state.progress).toMatchObject({ samplesPerSec: null, valLoss: 3 });
});

test("what a run is said to be that was not heard of is taken over, and told where it is news", () => {
  const named = { model_family: "gpt2", model_size: "tiny" };
  expect(applyStatus(fresh, runStatus("r"))).toBeNull();
  expect(applyStatus(fresh, runStatus("r", named))).toMatchObject({ state: { config: { family: "gpt2" } } });
  expect(applyStatus(training, runStatus("r", { status: "running", ...named }))).toBeNull();
  expect(applyStatus(fresh, runStatus("r", { status: "running" }))).toMatchObject({
    alert: "started",
    state: { phase: "starting" },
  });
  const known = applyStatus(fresh, runStatus("r", { status: "running", training: TRAINING }));
  expect(known).toMatchObject({
    alert: "started",
    state: { phase: "training", progress: { step: 120, valLoss: 2.75 } },
  });
  const older = { ...TRAINING, step: 5 };
  expect(applyStatus(training, runStatus("r", { status: "running", training: older }))).toBeNull();
});

test("figures that the API does not have stay as they were heard", () => {
  const bare = { ...TRAINING, train_loss: null, val_loss: null, grad_norm: null };
  const status = runStatus("r", { status: "running", training: bare });
  expect(applyStatus(training, status)?.state.progress).toMatchObject({
    trainLoss: 4.2,
    gradNorm: 1.10004,
    valLoss: null,
  });
  const nothing = applyStatus(fresh, status)?.state.progress;
  expect(nothing).toMatchObject({ trainLoss: null, trainPpl: null, gradNorm: null, samplesPerSec: null });
});

test("an end that was not heard is told once, with what was measured and why", () => {
  const done = runStatus("r", { status: "completed", artifact_file_id: "f", training: { ...TRAINING, test_loss: 2 } });
  const completed = applyStatus(fresh, done);
  expect(completed).toMatchObject({
    alert: "completed",
    state: { results: { testLoss: 2, testPpl: Math.exp(2) }, archive: { fileId: "f", bytes: null } },
  });
  expect(applyStatus(completed?.state ?? fresh, done)).toBeNull();
  expect(applyStatus(fresh, runStatus("r", { status: "completed" }))?.state).toMatchObject({
    results: null,
    archive: null,
  });
  const why = (fields: object) => applyStatus(fresh, runStatus("r", { status: "failed", ...fields }))?.state.failure;
  expect(why({ error: "e", message: "m" })?.message).toBe("e");
  expect(why({ message: "m" })?.message).toBe("m");
  expect(why({})?.message).toBe("no reason was given");
  expect(applyStatus(failed, runStatus("r", { status: "failed" }))).toBeNull();
});

test("an alert says what it can", () => {
  expect(alertLine("evaluated", after(run.evaluated))).toBe(
    "`r` was evaluated (validation): loss 3.1000, perplexity 22.20",
  );
  expect(alertLine("evaluated", fresh)).toBe("`r` was evaluated (): loss ?, perplexity ?");
  expect(alertLine("completed", ended)).toBe("`r` **is completed**: test loss 3.0000, perplexity 20.09");
  expect(alertLine("completed", fresh)).toBe("`r` **is completed**");
  expect(alertLine("failed", failed)).toBe("`r` **has failed**: no room");
  expect(alertLine("failed", fresh)).toBe("`r` **has failed**: ");
  expect(alertLine("canceled", fresh)).toBe("`r` was canceled");
});

test("a run's course is said as far as it is known", () => {
  expect(courseOf(fresh)).toBeNull();
  expect(courseOf(training)).toBe("Step 10, epoch 1/3");
  expect(courseOf(after(run.step(150, { total_steps: 300, eta_seconds: 65 })))).toBe(
    "Step 150/300, epoch 2/3, ETA 1 min",
  );
});

const fieldOf = (state: RunState, name: string) => runEmbed(state).fields?.find((each) => each.name === name)?.value;

test("a message shows what there is, whatever is missing", () => {
  expect(fieldOf({ ...fresh, phase: "ended", end: "completed" }, "Results")).toBe("Completed; nothing was measured.");
  expect(runEmbed({ ...fresh, phase: "ended" }).title).toBe("Training Failed"); // of how it ended nothing is known
  const none = {
    ...training,
    progress: { ...(training.progress ?? never()), totalEpochs: 0, totalSteps: null, epoch: 0 },
  };
  expect(fieldOf(none, "Progress")).toContain("(0%)");
  const user = after(run.started, run.failed("", "user"));
  expect(fieldOf(user, "Configuration Issue")).toBe("no reason was given");
});

function never(): never {
  throw new Error("it is training");
}
