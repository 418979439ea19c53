import { expect, test } from "vitest";
import { configEvent, evalEvent, stepEvent } from "../../test/events.js";
import { explain } from "../process/errors.js";
import { runFailed } from "./run-failed.js";
import { RunProgress } from "./run-progress.js";

const nan = Object.assign(new Error("the loss is NaN at step 7"), { code: "TRAINING_NAN_LOSS", failureClass: "FATAL" });

test("a run that fails tells how far it came and how to go on", () => {
  const progress = new RunProgress();
  for (const event of [configEvent, stepEvent(6, 5), evalEvent(6, 5.5, true)]) progress.take(event);
  const failed = runFailed(nan, progress, " --home h");
  expect(explain(failed)).toEqual({
    code: "TRAINING_NAN_LOSS",
    message: "the loss is NaN at step 7",
    hint:
      "The run's log is /runs/models/r1/logs.jsonl. Nothing of it was saved; " +
      "with other options: trainer train TEXT --run-id r1 --home h",
    exitCode: 1,
    details: {
      run_id: "r1",
      status: "failed",
      failure_class: "FATAL",
      steps: 6,
      best_val_loss: 5.5,
      test_loss: null,
      test_perplexity: null,
      path: "/runs/models/r1",
    },
  });
});

test("what to do depends on the cause, and on whether there is anything to go on from", () => {
  const hint = (fromStep: number, code: string) => {
    const progress = new RunProgress();
    progress.take({ ...configEvent, fromStep });
    return explain(runFailed(Object.assign(new Error("no"), { code }), progress, "")).hint?.replace(/.*jsonl. /, "");
  };
  expect(hint(3, "INSUFFICIENT_STORAGE")).toBe("Once the cause is mended: trainer resume r1");
  expect(hint(3, "TRAINING_OOM")).toBe(
    "With other options, anew under another --run-id, or from its best weights: trainer train TEXT --pretrained r1",
  );
  expect(hint(0, "INVALID_INPUT")).toBe(
    "Nothing of it was saved. Once the cause is mended: trainer resume r1; " +
      "with other options: trainer train TEXT --run-id r1",
  );
});

test("an error of no known kind fails the run all the same", () => {
  const progress = new RunProgress();
  progress.take({ ...configEvent, fromStep: 3 });
  expect(runFailed(new Error("odd"), progress, "")).toMatchObject({
    code: "FAILED",
    details: { steps: 3, failure_class: "FATAL", best_val_loss: null },
  });
});

test("an error before there is a run stays as it is", () => {
  expect(runFailed(nan, new RunProgress(), "")).toBe(nan);
});
