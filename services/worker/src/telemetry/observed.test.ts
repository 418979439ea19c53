import { NO_TRACING } from "@trainer/platform/tracing";
import { DelayedError, UnrecoverableError, WaitingError } from "bullmq";
import { expect, test } from "vitest";
import { Metrics } from "./metrics.js";
import { reasonOf } from "./observed-child.js";
import { observed } from "./observed.js";

const metricsOf = () => new Metrics({ children: () => [], home: "/" });
const job = (fields: object = {}) => ({
  name: "train",
  data: {},
  timestamp: Date.now() - 4000,
  attemptsStarted: 1,
  ...fields,
});

test.each([
  ["completed", null],
  ["failed", new UnrecoverableError("no")],
  ["returned", new WaitingError()],
  ["returned", new DelayedError()],
])("a job counts as %s when it ends by %s, which its queue gets to see", async (outcome, error) => {
  const metrics = metricsOf();
  const work = observed("trainer", job(), { metrics, tracing: NO_TRACING }, async () => {
    expect(await metrics.text()).toContain('worker_jobs_in_progress{queue="trainer"} 1');
    if (error !== null) throw error;
  });
  const thrown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(thrown).toBe(error);
  const text = await metrics.text();
  expect(text).toContain(`worker_jobs_total{queue="trainer",kind="train",outcome="${outcome}"} 1`);
  expect(text).toContain('worker_jobs_in_progress{queue="trainer"} 0');
});

test("the time in the queue is that until a job is first taken, and none where its sender's clock is ahead", async () => {
  const metrics = metricsOf();
  const done = (fields: object) => observed("trainer", job(fields), { metrics, tracing: NO_TRACING }, async () => {});
  await done({});
  await done({ attemptsStarted: 2, timestamp: 0 });
  await done({ timestamp: Date.now() + 60_000 });
  const text = await metrics.text();
  expect(text).toContain('worker_job_wait_seconds_count{queue="trainer"} 2');
  expect(text).toContain('worker_job_wait_seconds_bucket{le="0.01",queue="trainer"} 1');
  expect(Number(/wait_seconds_sum\{.*\} (.*)/.exec(text)?.[1])).toBeLessThan(5);
});

test("a process that ended unexpectedly hung, was killed for its memory, or crashed", () => {
  const ends = [
    { hung: true, oom: false },
    { hung: false, oom: true },
    { hung: false, oom: false },
  ];
  expect(ends.map(reasonOf)).toEqual(["hung", "oom", "crashed"]);
});

test("bytes are counted of checkpoints and uploads that succeeded", async () => {
  const metrics = metricsOf();
  const stage = { startedAt: 0, seconds: 2, failure: null, attributes: { bytes: 7 } };
  metrics.stageEnded({ ...stage, name: "checkpoint" });
  metrics.stageEnded({ ...stage, name: "upload" });
  metrics.stageEnded({ ...stage, name: "upload", failure: "TIMEOUT" });
  metrics.stageEnded({ ...stage, name: "sample" });
  metrics.stageEnded({ ...stage, name: "checkpoint", attributes: {} });
  const text = await metrics.text();
  expect(text).toContain("worker_checkpoint_bytes_total 7");
  expect(text).toContain("worker_upload_bytes_total 7");
  expect(text).toContain('worker_stage_seconds_count{stage="upload",outcome="failed"} 1');
});

test("memory on the GPU is told of processes that use one, and memory where it is known", async () => {
  const children = [
    { work: "training", rssBytes: 10, gpuBytes: 5 },
    { work: "answers", rssBytes: null, gpuBytes: 7 },
    { work: "spare", rssBytes: 3, gpuBytes: null },
  ] as const;
  const text = await new Metrics({ children: () => children, home: "/" }).text();
  expect(text).toContain('worker_child_gpu_memory_bytes{work="training"} 5');
  expect(text).toContain('worker_child_gpu_memory_bytes{work="answers"} 7');
  expect(text).not.toContain('gpu_memory_bytes{work="spare"}');
  expect(text).not.toContain('resident_memory_bytes{work="answers"}');
  expect(text).toContain('worker_children{work="spare"} 1');
});
