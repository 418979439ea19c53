import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { keys, QueuedTokenizers, TokenizerId, TokenizerTrainRequest } from "@trainer/platform";
import { listen, startSystem, type System } from "@trainer/testing/system";
import { readManifest } from "@trainer/training";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const pace = { lock: 1000, stalled: 500, heartbeat: 300, silent: 1200, cancel: 100, presence: 300, reconcile: 1000 };
const SOME_SECONDS = { num_epochs: 14, early_stopping_patience: 100 };

let system: System;
beforeEach(async () => void (system = await startSystem()));
afterEach(() => system[Symbol.asyncDispose]());

const atStep = (runId: string, step: number) => system.until(runId, ({ training }) => (training?.step ?? 0) >= step);
const archived = (runId: string) => join(system.root, "archived", `${runId}.json`);

test("a run goes on while Redis is away, for longer than its lock lasts, and is told once, to its end", async () => {
  await using worker = await system.startWorker({}, { pace });
  using events = await listen(system.redisServer.url, "away");
  await system.train("away", SOME_SECONDS);
  await atStep("away", 50);
  const children = worker.children;
  await system.redisServer.kill();
  await setTimeout(4 * pace.lock); // what is waited for is that a time passes
  expect(worker.children).toEqual(children);
  await system.redisServer.start();
  const record = await system.ended("away");
  expect(record).toMatchObject({ status: "completed", training: { step: 350, total_steps: 350 } });
  await events.until(({ type }) => type === "trainer.metrics.completed.v1");
  await vi.waitFor(async () =>
    expect(await system.queues.trainer.getJobCounts("active", "waiting", "delayed")).toEqual({
      active: 0,
      waiting: 0,
      delayed: 0,
    }),
  );
  const types = events.own.map(({ type }) => type);
  for (const once of ["trainer.job.started.v1", "trainer.job.completed.v1", "trainer.metrics.completed.v1"]) {
    expect(types.filter((type) => type === once)).toEqual([once]);
  }
  expect((await readManifest(archived("away")))?.steps).toBe(350);
});

test("what Redis has forgotten is put back from the runs' folders, for those that are done, go on and wait", async () => {
  await using _worker = await system.startWorker({}, { pace });
  await system.train("done");
  const done = await system.ended("done");
  await vi.waitUntil(() => existsSync(archived("done")));
  await system.train("broken", { tokenizer_id: "tok-none" });
  await system.ended("broken");
  await system.train("going", SOME_SECONDS);
  await atStep("going", 50);
  await system.redis.flushall();
  await system.until("done", ({ status }) => status === "completed");
  const { userId, artifactFileId, training } = done;
  const { step, total_steps, epoch, total_epochs, train_loss, best_val_loss, test_loss } = training ?? {};
  const reached = { step, total_steps, epoch, total_epochs, train_loss, best_val_loss, test_loss };
  const model = { modelFamily: "char_lstm", modelSize: "tiny" };
  expect(await system.runs.get("done")).toMatchObject({ userId, artifactFileId, training: reached, ...model });
  expect(await system.ended("going")).toMatchObject({ status: "completed", userId: done.userId });
  expect(await system.redis.scard(keys.workers)).toBe(1);
});

test("a run that was left when all forgot it goes on from its checkpoint with the first worker that comes", async () => {
  const first = await system.startWorker({}, { pace });
  await system.train("left", SOME_SECONDS);
  await atStep("left", 100);
  await first.stop();
  await system.redis.flushall();
  const before = await readManifest(join(system.root, "models", "left", "manifest.json"));
  await using _second = await system.startWorker({}, { pace });
  expect(await system.ended("left")).toMatchObject({ status: "completed" });
  await vi.waitUntil(() => existsSync(archived("left")));
  const after = await readManifest(archived("left"));
  expect(after).toMatchObject({ started_at: before?.started_at, steps: 350 });
});

test("a tokenizer that waits when all forget it is made by the first worker that comes; one that has ended is not made again", async () => {
  const queued = new QueuedTokenizers(system.root);
  const request = TokenizerTrainRequest.parse({ method: "char", corpus_path: "corpus.txt" });
  const id = (name: string) => TokenizerId.parse(`tok-${name}`);
  const [waiting, abandoned, done, going] = [id("waiting"), id("abandoned"), id("done"), id("going")];
  const ids = [waiting, abandoned, done, going];
  for (const [i, tokenizerId] of ids.entries()) await queued.keep({ tokenizerId, createdAt: 1000 + i, request });
  await system.redis.flushall();
  await system.tokenizers.create(abandoned); // its API ended before it could queue it
  await system.tokenizers.create(done);
  await system.tokenizers.fail(done, "no luck");
  await system.tokenizers.create(going);
  await system.tokenizers.setStatus(going, "running"); // by a worker that has its job
  await using _worker = await system.startWorker({}, { pace });
  for (const id of [waiting, abandoned])
    await vi.waitFor(async () => expect(await system.tokenizers.get(id)).toMatchObject({ status: "completed" }));
  expect(await system.tokenizers.get(done)).toMatchObject({ status: "failed", message: "no luck" });
  expect(await system.redis.zscore(keys.tokenizers, waiting)).toBe("1000");
  await vi.waitFor(async () => expect(await queued.all()).toMatchObject([{ tokenizerId: going }]));
  expect((await system.tokenizers.get(going)).status).toBe("running");
});

test("a tokenizer under way when all forget it is made once more, by a worker that is there", async () => {
  await using worker = await system.startWorker({}, { pace });
  const id = TokenizerId.parse("tok-going");
  const request = TokenizerTrainRequest.parse({ corpus_path: "large.txt", vocab_size: 2000 });
  await system.tokenizers.create(id);
  await system.add("trainer", "tokenizer", { tokenizer_id: id, request });
  await vi.waitUntil(() => worker.children.length > 0);
  await system.redis.flushall();
  await vi.waitFor(async () =>
    expect((await system.tokenizers.list(9)).map(({ tokenizerId }) => tokenizerId)).toEqual([id]),
  );
  await vi.waitFor(async () => expect(await system.tokenizers.get(id)).toMatchObject({ status: "completed" }));
});

test("the names of workers that are gone are cleared away by those that are there", async () => {
  await system.redis.sadd(keys.workers, "rq:worker:dead", "somebody-else");
  await using _worker = await system.startWorker({}, { pace });
  await vi.waitFor(async () => {
    const names = await system.redis.smembers(keys.workers);
    expect(names).toHaveLength(2);
    expect(names).toContain("somebody-else");
    expect(names).not.toContain("rq:worker:dead");
  });
});
