import { expect, test } from "vitest";
import { EvaluationPace, Throughput } from "./throughput.js";

test("what evaluations take is told by those that were made, before by what training takes", () => {
  const pace = new EvaluationPace();
  expect(pace.secondsPerBatch(0.6)).toBeCloseTo(0.2);
  pace.add(10, 5);
  pace.add(10, 1);
  expect([pace.seconds, pace.secondsPerBatch(0.6)]).toEqual([6, 0.3]);
});

test("rates are those of the steps since they were last taken", () => {
  const throughput = new Throughput();
  throughput.add(100, 50, 4);
  throughput.add(300, 150, 4);
  expect(throughput.take()).toEqual({ stepMs: 200, tokensPerSec: 500, samplesPerSec: 20 });
  throughput.add(50, 10, 1);
  expect(throughput.take()).toEqual({ stepMs: 50, tokensPerSec: 200, samplesPerSec: 20 });
});

test("what a step takes is the time since the beginning over all steps, evaluations left out", () => {
  const before = performance.now();
  const throughput = new Throughput();
  const after = performance.now();
  for (let i = 0; i < 4; i += 1) throughput.add(1, 1, 1);
  throughput.take();
  const least = (performance.now() - after) / 1000;
  const seconds = 4 * throughput.secondsPerStep(100);
  const most = (performance.now() - before) / 1000;
  expect(seconds).toBeGreaterThanOrEqual(least - 100);
  expect(seconds).toBeLessThanOrEqual(most - 100);
});
