import { expect, test } from "vitest";
import { stillFalls, trainOn } from "./train-on.js";

const points = (...losses: readonly number[]) => losses.map((loss, step) => ({ step, loss }));
const falls = (train: readonly number[], validation: readonly number[] = []) =>
  stillFalls({ trainPoints: points(...train), validationPoints: points(...validation) });

test("a loss still falls where the last validation is clearly the best", () => {
  expect(falls([], [4, 3, 2])).toBe(true);
  expect(falls([9, 8, 7, 6], [4, 2, 3])).toBe(false);
  expect(falls([9, 8, 7, 6], [4, 3, 2.999])).toBe(false);
});

test("where validation was measured once, the last quarter of the training says it", () => {
  expect(falls([8, 7, 6, 5, 4, 3, 2, 1], [3])).toBe(true);
  expect(falls([8, 4, 3, 3, 3, 3, 3, 3])).toBe(false);
  expect(falls([8, 2, 1])).toBe(false); // too few to tell
  expect(falls([])).toBe(false);
});

test("a run is trained on to twice its steps, unless it stopped early or its loss is at rest", () => {
  const run = { runId: "r", steps: 300, earlyStopped: false, isAdapter: false };
  const losses = { trainPoints: [], validationPoints: points(4, 3) };
  expect(trainOn(run, losses, " --home h")).toBe("trainer resume r --max-steps 600 --home h");
  expect(trainOn({ ...run, earlyStopped: true }, losses, "")).toBeNull();
  expect(trainOn({ ...run, isAdapter: true }, losses, "")).toBeNull();
  expect(trainOn(run, { ...losses, validationPoints: points(3, 4) }, "")).toBeNull();
});
