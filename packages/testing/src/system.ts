import { once } from "node:events";
import { rmSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import {
  decodeEvent,
  EVENTS_CHANNEL,
  jobData,
  type JobKind,
  type Jobs,
  runChannel,
  RunId,
  type TrainerEvent,
  TrainRequest,
} from "@trainer/platform";
import { ChatSessions, openRedis, Results, RunRecords, TokenizerRecords } from "@trainer/platform/redis";
import { openCorpus, openHome, saveTokenizer, trainOnCorpus } from "@trainer/training";
import { startWorker, type WorkerHooks, type WorkerInput } from "@trainer/worker";
import { Queue } from "bullmq";
import { startRedis } from "./redis-server.js";
import { scratchPath } from "./scratch.js";
import { writeCorpus } from "./corpus.js";

export const TOKENIZER = "tok-test";
export const USER = 1234567890123456789n; // more than a number holds

/** A request of a second: a character model on a small text. */
export const request = (fields: object = {}) => {
  const { user_id: _, ...settings } = TrainRequest.parse({
    model_family: "char_lstm",
    model_size: "tiny",
    corpus_path: "corpus.txt",
    tokenizer_id: TOKENIZER,
    max_seq_len: 32,
    batch_size: 8,
    num_epochs: 2,
    learning_rate: 3e-3,
    holdout_fraction: 0.1,
    test_split_ratio: 0.1,
    seed: 7,
    device: "cpu",
    ...fields,
  });
  return settings;
};

/** A real Redis, a real file service, a home with a tokenizer and a corpus, and what an API does with a queue. */
export async function startSystem({ bankLog = { write() {} } }: { bankLog?: { write(line: string): unknown } } = {}) {
  const root = scratchPath("worker");
  const redisServer = await startRedis();
  const bank = await startDataBank(
    dataBankConfig({ PORT: "0", MIN_FREE_GB: "0", DATA_ROOT: join(root, "files"), API_UPLOAD_KEYS: "key" }),
    { log: bankLog },
  );
  mkdirSync(join(root, "corpus"), { recursive: true });
  writeCorpus(join(root, "corpus", "corpus.txt"), 150);
  writeCorpus(join(root, "corpus", "large.txt"), 400_000);
  const corpus = await openCorpus(join(root, "corpus", "corpus.txt"), { document: "line" });
  const split = { holdoutFraction: 0, testSplitRatio: 0, seed: 1 };
  await saveTokenizer(
    join(openHome(root).tokenizers, TOKENIZER),
    await trainOnCorpus(corpus, { method: "char", vocabSize: 0, minFrequency: 1, split }),
  );
  const redis = openRedis(redisServer.url);
  const queues = {
    trainer: new Queue("trainer", { connection: redis }),
    "trainer-inference": new Queue("trainer-inference", { connection: redis }),
  };
  for (const queue of Object.values(queues)) queue.on("error", () => {}); // Redis is unavailable at times
  const runs = new RunRecords(redis);
  const input: WorkerInput = {
    redisUrl: redisServer.url,
    logLevel: "silent",
    artifactsRoot: root,
    dataRoot: root,
    threads: 1,
    dataBank: { url: bank.url, apiKey: "key" },
    retryMax: 0,
  };
  return {
    root,
    redisServer,
    redis,
    bank,
    runs,
    queues,
    input,
    results: new Results(redis, root),
    sessions: new ChatSessions(redis),
    tokenizers: new TokenizerRecords(redis),
    startWorker: (fields: Partial<WorkerInput> = {}, hooks: WorkerHooks = {}) =>
      startWorker({ ...input, ...fields }, hooks),
    add: async <K extends JobKind>(queue: keyof typeof queues, kind: K, data: Jobs[K]) =>
      await queues[queue].add(kind, jobData(data)),
    /** Queues it as the API does. */
    async train(runId: string, fields: object = {}) {
      const settings = request(fields);
      await runs.create(runId, USER, settings);
      await queues.trainer.add("train", jobData({ run_id: RunId.parse(runId), user_id: USER, request: settings }), {
        jobId: runId,
      });
    },
    /** Resolves with the run's record once it is as wanted. */
    async until(runId: string, wanted: (record: NonNullable<Awaited<ReturnType<typeof runs.get>>>) => boolean) {
      for (;;) {
        const record = await runs.get(runId).catch(() => null);
        if (record !== null && wanted(record)) return record;
        await setTimeout(25);
      }
    },
    ended(runId: string) {
      return this.until(runId, ({ status }) => status === "completed" || status === "failed");
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
      redis.disconnect();
      await bank[Symbol.asyncDispose]();
      await redisServer[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
export type System = Awaited<ReturnType<typeof startSystem>>;

/** Collects all events of a run, on its own channel and on the common one, which have the same. */
export async function listen(url: string, runId: string) {
  const redis = openRedis(url);
  const own: TrainerEvent[] = [];
  const common: TrainerEvent[] = [];
  redis.on("message", (channel, message) => {
    const event = decodeEvent(message);
    if (event === null) throw new Error(`no event: ${message}`);
    if (channel === runChannel(runId)) own.push(event);
    else if (event.job_id === runId) common.push(event);
  });
  await redis.subscribe(EVENTS_CHANNEL, runChannel(runId));
  return {
    own,
    common,
    async until(wanted: (event: TrainerEvent) => boolean) {
      while (!own.some(wanted) || !common.some(wanted)) await once(redis, "message");
    },
    [Symbol.dispose]: () => redis.disconnect(),
  };
}
