import { expect, test } from "vitest";
import { configEvent, evalEvent, stepEvent } from "../../test/events.js";
import { RunProgress } from "./run-progress.js";

test("a resumed run's curve goes on from the checkpoint; what came after it is drawn anew", () => {
  const points = [4, 8].map((step) => ({ step, loss: 9 - step }));
  const progress = new RunProgress({ trainPoints: points, validationPoints: points });
  progress.take({ ...configEvent, fromStep: 5 });
  progress.take(stepEvent(6, 3));
  progress.take(evalEvent(6, 2, true));
  expect(progress.trainPoints).toEqual([
    { step: 4, loss: 5 },
    { step: 6, loss: 3 },
  ]);
  expect(progress.validationPoints).toEqual([
    { step: 4, loss: 5 },
    { step: 6, loss: 2 },
  ]);
});

test("a batch size that is found on the way takes the place of the one that was asked for", () => {
  const progress = new RunProgress();
  progress.take({ type: "batch", batchSize: 9 });
  expect(progress.config).toBeNull();
  progress.take(configEvent);
  progress.take({ type: "batch", batchSize: 9 });
  expect(progress.config).toEqual({ ...configEvent, batchSize: 9 });
});
