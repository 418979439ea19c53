import { expect, test } from "vitest";
import { newFailure } from "../errors.js";
import { trialRequest } from "../../test/trial-request.js";
import type { MeasureRequest } from "./measure-request.js";
import { eventOf, measuredOf, measureInProcess } from "./measure-in-process.js";

const pace = { step: 1, evaluation: 1, token: 1 };
const nothing = { memoryBytes: null, pace: null, failure: null, ended: "code 0", measureMs: 5000 };

test("what is known stays known however the process ended, and why the rest is not is said", () => {
  expect(measuredOf({ ...nothing, memoryBytes: 5, pace })).toEqual({ memoryBytes: 5, pace });
  const memory = "a step of it needs more memory than is free now";
  expect(measuredOf({ ...nothing, ended: "SIGKILL" })).toEqual({ memoryBytes: memory, pace: memory });
  const late = "a few steps of it take more than 5 seconds";
  expect(measuredOf({ ...nothing, memoryBytes: 5, ended: "late" })).toEqual({ memoryBytes: 5, pace: late });
  const failure = newFailure("CUDA_OOM", "too large");
  expect(measuredOf({ ...nothing, failure })).toEqual({ memoryBytes: "too large", pace: "too large" });
});

test("another failure is the run's, and another end nobody's", () => {
  const failure = newFailure("INVALID_INPUT", "no");
  expect(() => measuredOf({ ...nothing, failure })).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
  expect(() => measuredOf({ ...nothing, ended: "SIGSEGV" })).toThrow("ended with SIGSEGV");
  expect(eventOf({ type: "memory", bytes: 3 })).toEqual({ type: "memory", bytes: 3 });
  expect(eventOf("?")).toMatchObject({ type: "failed", failure: { code: "INTERNAL_ERROR" } });
});

const request: MeasureRequest = { ...trialRequest, threads: 1, batchSize: 1, batches: 1, isBusy: false };

test("a failure of the process is the caller's", async () => {
  const unknown = { ...request, config: { ...request.config, model_size: "huge" } };
  await expect(measureInProcess(unknown, { measureMs: 60_000 })).rejects.toMatchObject({ code: "INVALID_MODEL_SIZE" });
});

test("who leaves ends it", async () => {
  const signal = AbortSignal.timeout(100); // a process takes longer to start
  await expect(measureInProcess(request, { measureMs: 60_000, signal })).rejects.toThrow("aborted");
  expect(signal.aborted).toBe(true);
});
