import { expect, test } from "vitest";
import { EvaluationPace } from "./throughput.js";

test("what evaluations take is told by those that were made, before by what training takes", () => {
  const pace = new EvaluationPace();
  expect(pace.secondsPerBatch(0.6)).toBeCloseTo(0.2);
  pace.add(10, 5);
  pace.add(10, 1);
  expect([pace.seconds, pace.secondsPerBatch(0.6)]).toEqual([6, 0.3]);
});
