import { createServer } from "node:net";
import { once } from "node:events";
import { ask } from "@trainer/testing/api";
import { freePort } from "@trainer/testing";
import { startSystem } from "@trainer/testing/system";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { queueTokenizer, scripted, tokenizerIs } from "./scripted.js";

const Address = z.object({ port: z.int() });

/** The samples of a scrape, by name with labels. */
async function scrape(url: string | null): Promise<ReadonlyMap<string, number>> {
  const { text } = await ask(String(url));
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

test("what a worker does stands in its metrics: jobs, steps, stages, processes, and the figures of runs while they last", async () => {
  await using system = await startSystem();
  const port = await freePort();
  const worker = await system.startWorker({ metricsPort: port }, { pace: { idle: 100 } });
  expect(worker.metricsUrl).toBe(`http://127.0.0.1:${port}/metrics`);
  const idle = await scrape(worker.metricsUrl);
  expect(idle.get('worker_jobs_in_progress{queue="trainer"}')).toBe(0);
  expect(idle.get('worker_child_crashes_total{work="training",reason="oom"}')).toBe(0);
  expect(idle.has('worker_jobs_total{queue="trainer",kind="train",outcome="completed"}')).toBe(false);

  await system.train("measured", { num_epochs: 100_000, early_stopping_patience: 100_000 });
  const shown = 'worker_run_train_loss{run_id="measured"}';
  const busy = await vi.waitFor(
    async () => {
      const samples = await scrape(worker.metricsUrl);
      expect(samples.has(shown)).toBe(true);
      expect(samples.get("worker_training_steps_total")).toBeGreaterThan(0);
      return samples;
    },
    { interval: 100 },
  );
  expect(busy.get(shown)).toBeGreaterThan(0);
  expect(busy.get('worker_run_progress_ratio{run_id="measured"}')).toBeLessThan(1);
  expect(busy.get('worker_jobs_in_progress{queue="trainer"}')).toBe(1);
  expect(busy.get('worker_children{work="training"}')).toBe(1);
  expect(busy.get('worker_child_resident_memory_bytes{work="training"}')).toBeGreaterThan(50e6);
  expect(busy.get("worker_training_tokens_total")).toBeGreaterThan(100);
  expect(busy.get("worker_training_step_seconds_total")).toBeGreaterThan(0);
  expect(busy.get('worker_disk_bytes{state="free"}')).toBeGreaterThan(0);
  expect(busy.get('worker_job_wait_seconds_count{queue="trainer"}')).toBe(1);
  await system.runs.requestCancel("measured");
  await system.ended("measured");

  await system.train("short");
  await system.ended("short");
  const after = await vi.waitFor(async () => {
    const samples = await scrape(worker.metricsUrl);
    expect(samples.get('worker_jobs_total{queue="trainer",kind="train",outcome="completed"}')).toBe(2);
    return samples;
  });
  expect([...after.keys()].filter((name) => name.startsWith("worker_run_") && name.includes("run_id"))).toEqual([]);
  expect(after.get('worker_run_failures_total{code="TRAINING_CANCELLED"}')).toBe(1);
  expect(after.get('worker_stage_seconds_count{stage="upload",outcome="ok"}')).toBe(1);
  expect(after.get('worker_stage_seconds_count{stage="checkpoint",outcome="ok"}')).toBeGreaterThanOrEqual(2);
  expect(after.get("worker_checkpoint_bytes_total")).toBeGreaterThan(1000);
  expect(after.get("worker_upload_bytes_total")).toBeGreaterThan(1000);
  expect(after.get("nodejs_eventloop_lag_seconds")).toBeGreaterThanOrEqual(0);

  const health = `http://127.0.0.1:${port}/healthz`;
  expect((await ask(health)).json).toEqual({ status: "ok" });
  expect(await ask(health, { headers: { host: "evil.example" } })).toMatchObject({ status: 403 });
  expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
  await worker.stop();
  await expect(ask(health)).rejects.toThrow("ECONNREFUSED");
});

test("processes that die are counted by their work and the reason, and jobs by what becomes of them", async () => {
  await using system = await startSystem();
  const port = await freePort();
  const child = scripted(
    system,
    "dies",
    'process.on("message", ({ type }) => type === "tokenizer" && process.exit(3));',
  );
  await using worker = await system.startWorker({ metricsPort: port }, { child });
  await queueTokenizer(system, "tok-dies");
  await tokenizerIs(system, "tok-dies", "failed");
  await system.queues["trainer-inference"].add("generate", {});
  await vi.waitFor(async () => {
    const samples = await scrape(worker.metricsUrl);
    expect(samples.get('worker_child_crashes_total{work="tokenizer",reason="crashed"}')).toBe(4);
    expect(samples.get('worker_jobs_total{queue="trainer",kind="tokenizer",outcome="failed"}')).toBe(1);
    expect(samples.get('worker_jobs_total{queue="trainer-inference",kind="generate",outcome="failed"}')).toBe(1);
  });
});

test("a job of a name that nobody knows adds no series of its own", async () => {
  await using system = await startSystem();
  const port = await freePort();
  await using worker = await system.startWorker({ metricsPort: port });
  await system.queues.trainer.add("surprise", {});
  await system.queues.trainer.add("another", {});
  await vi.waitFor(async () => {
    const samples = await scrape(worker.metricsUrl);
    expect(samples.get('worker_jobs_total{queue="trainer",kind="other",outcome="failed"}')).toBe(2);
    expect([...samples.keys()].join("\n")).not.toContain("surprise");
  });
});

test("attempts to reach Redis again are counted", async () => {
  await using system = await startSystem();
  const port = await freePort();
  await using worker = await system.startWorker({ metricsPort: port });
  expect((await scrape(worker.metricsUrl)).get("worker_redis_reconnects_total")).toBe(0);
  await system.redisServer.kill();
  await vi.waitFor(async () =>
    expect((await scrape(worker.metricsUrl)).get("worker_redis_reconnects_total")).toBeGreaterThan(2),
  );
  await system.redisServer.start();
});

test("a port of metrics that is taken is refused by one sentence, and nothing of the worker stays open", async () => {
  await using system = await startSystem();
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const port = Address.parse(other.address()).port;
  const started = system.startWorker({ metricsPort: port });
  await expect(started).rejects.toThrow(
    `WORKER__METRICS_PORT: port ${port} of 127.0.0.1 is taken by another process; choose another one, or 0 for no metrics`,
  );
  await expect(system.startWorker({ metricsPort: 1, host: "192.0.2.1" })).rejects.toThrow(
    "cannot be had: Error: listen",
  );
  await new Promise((closed) => other.close(closed));
  expect(await system.redis.smembers("rq:workers")).toEqual([]);
});
