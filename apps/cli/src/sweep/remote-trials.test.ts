import { ServiceError, TrainerClient } from "@trainer/client";
import type { EvalMetrics, RunStatus } from "@trainer/platform";
import type { Trial } from "@trainer/training/files";
import { parseTrainOptions } from "@trainer/training/options";
import { afterEach, expect, test, vi } from "vitest";
import { remoteTrials } from "./remote-trials.js";

// What a server answers rarely. The sweeps of apps/cli/test/remote-sweep.test.ts are on a real one.

afterEach(() => vi.restoreAllMocks());

const client = new TrainerClient({ url: "http://127.0.0.1:1", retries: 0 });
const stop = new AbortController();
const told: number[] = [];
const trials = remoteTrials(
  { client, url: "u", flag: " --server u" },
  {
    text: { fileId: "f", format: "text" },
    atOnce: 1,
    hasGpu: true,
    signal: stop.signal,
    onStep: (_, part) => told.push(part),
  },
);
const trial: Trial = { run_id: "s-1", remote_id: "r", settings: {}, config: {}, rungs: [4, 12] };
const kept = { nonce: "n", sent: () => Promise.resolve() };
const trainTo = (rung: number) => trials.trainTo(trial, rung, kept);

const run = (status: RunStatus["status"], error: string | null = null): RunStatus => ({
  run_id: "r",
  status,
  last_heartbeat_ts: null,
  message: null,
  progress: 0,
  created_at: "",
  updated_at: "",
  error,
  model_family: null,
  model_size: null,
  artifact_file_id: null,
  training: null,
});
const evaluation = (step: number, fields: Partial<EvalMetrics> = {}): EvalMetrics => ({
  split: "validation",
  step,
  epoch: 0,
  tokens: 8,
  loss: 2,
  ppl: 7,
  bits_per_byte: 1,
  ...fields,
});
const asked = {
  run: (...found: RunStatus[]) => {
    const spy = vi.spyOn(client, "run");
    for (const each of found) spy.mockResolvedValueOnce(each);
  },
  metrics: (...found: EvalMetrics[][]) => {
    const spy = vi.spyOn(client, "metrics");
    for (const evaluations of found)
      spy.mockResolvedValueOnce({ run_id: "r", steps: [], evaluations, total_steps_logged: 0, steps_in_range: 0 });
  },
};
const refused = (code: string, status: number) => new ServiceError(code, "no checkpoint of it is here", { status });

test("on a GPU, unless somebody says otherwise, where the server has one", () => {
  const input = parseTrainOptions({ corpus: "a.txt" });
  expect(trials.deviceOf(input)).toBe("cuda");
  expect(trials.deviceOf({ ...input, device: "cpu" })).toBe("cpu");
});

test("a test, and a loss that is no number, are no validation", async () => {
  asked.metrics([evaluation(4, { split: "test" }), evaluation(4, { loss: null }), evaluation(12)]);
  expect(await trials.validationsOf(trial)).toEqual([{ step: 12, tokens: 8, loss: 2, bitsPerByte: 1 }]);
  vi.spyOn(client, "metrics").mockRejectedValueOnce(refused("INTERNAL_ERROR", 500));
  await expect(trials.validationsOf(trial)).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
});

test("a trial that cannot be trained on ends the sweep with the server's words", async () => {
  asked.run(run("completed"), run("completed"));
  asked.metrics([evaluation(4)]);
  vi.spyOn(client, "resume").mockRejectedValueOnce(refused("INVALID_INPUT", 400));
  await expect(trainTo(1)).rejects.toThrow("no checkpoint of it is here");
});

test("where somebody else has had it trained on, it is waited for, with or without its steps", async () => {
  asked.run(run("completed"), run("running"), run("running"));
  asked.metrics([evaluation(4)], [evaluation(4), evaluation(12)]);
  vi.spyOn(client, "resume").mockRejectedValueOnce(refused("CONFLICT", 409));
  vi.spyOn(client, "followMetrics").mockImplementationOnce(async function* () {
    yield evaluation(6);
    await Promise.reject(refused("UNAVAILABLE", 503));
  });
  vi.spyOn(client, "waitForRun").mockResolvedValueOnce(run("completed"));
  expect(await trainTo(1)).toBeNull();
  expect(told).toEqual([0.5]);
});

test("one that has ended without its validation, and one that failed for no reason of its own, end the sweep", async () => {
  asked.run(run("completed"), run("completed"));
  asked.metrics([], []);
  const resume = vi.spyOn(client, "resume").mockResolvedValue({ run_id: "r", job_id: "j" });
  await expect(trainTo(0)).rejects.toThrow("run r has ended without a validation after step 4");
  asked.run(run("failed", "the disk is full"), run("failed", "the disk is full"));
  asked.metrics([], []);
  vi.spyOn(client, "manifest").mockResolvedValueOnce({ run_id: "r", status: "failed", error_code: null });
  await expect(trainTo(0)).rejects.toThrow("run r failed: the disk is full");
  expect(resume.mock.calls.map(([, end]) => end)).toEqual([{}, {}]); // it has not begun
});
