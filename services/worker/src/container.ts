import { fileURLToPath } from "node:url";
import {
  background,
  logOptions,
  QueuedTokenizers,
  storedRequest,
  type Engine,
  type StoredRequest,
} from "@trainer/platform";
import { NO_TRACING, type Tracing } from "@trainer/platform/tracing";
import { ChatSessions, openRedis, Results, RunRecords, TokenizerRecords } from "@trainer/platform/redis";
import { RequestStore } from "@trainer/training/files";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { pino, type Logger } from "pino";
import type { Report } from "./child/messages.js";
import type { WorkerConfig } from "./config.js";
import { homeId } from "./home-id.js";
import { PACE, type Pace } from "./intervals.js";
import { Leadership } from "./leadership.js";
import { workerName } from "./presence.js";
import { CancelQueued } from "./runs/cancel-queued.js";
import { ModelServer } from "./supervise/model-server.js";
import { Child, type ChildCommand, type Fork, type LogFields } from "./supervise/child.js";
import { Children } from "./supervise/children.js";
import { Metrics } from "./telemetry/metrics.js";

/** Hooks for tests and embedding processes. */
export interface WorkerHooks {
  readonly log?: { write(line: string): unknown };
  /** The module that a child process runs, where it is not the built one. */
  readonly child?: ChildCommand;
  /** Starts such a process, where it is not one of the operating system's. */
  readonly fork?: Fork;
  readonly pace?: Partial<Pace>;
}

/** All that a worker is made of; nothing else constructs any of it. */
export interface Container extends AsyncDisposable {
  /** The worker's own, among all that there are. */
  readonly name: string;
  readonly config: WorkerConfig;
  readonly pace: Pace;
  readonly redis: Redis;
  readonly runs: RunRecords;
  readonly results: Results;
  readonly sessions: ChatSessions;
  readonly tokenizers: TokenizerRecords;
  readonly store: RequestStore<StoredRequest>;
  readonly queuedTokenizers: QueuedTokenizers;
  readonly queue: Queue;
  readonly queued: CancelQueued;
  /** Of the look for queued runs that are to be stopped. */
  readonly cancelling: Leadership;
  /** Id of its home, shared by all workers that have it. */
  readonly homeId: () => Promise<string>;
  readonly answerer: ModelServer;
  readonly log: Logger;
  readonly children: Children;
  /** What its processes compute with; null until the first one has told it. */
  readonly engine: () => Engine | null;
  /** @param fields for its log records */
  readonly startChild: (onMessage: (message: Report) => void, fields?: LogFields) => Child;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Starts a process ahead for the next training, where one waits. */
  readonly prepareNext: () => void;
  /** Runs what has the same key one after another. */
  readonly oneAtATime: (key: string, body: () => Promise<void>) => Promise<void>;
  /** Aborted when there is no Redis to write to any more. */
  readonly closed: AbortSignal;
  /** Aborted when this process ends by an error that nobody has handled. */
  readonly crash: AbortController;
}

/** From the sources too, a child runs the built files: it starts at once. */
const CHILD: ChildCommand = {
  module: fileURLToPath(new URL("../dist/child/main.js", import.meta.url)),
  execArgv: [],
};

/** Looks for queued runs to be stopped that a worker may miss before another looks for them. */
const CANCEL_LOOKS = 6;

export function container(config: WorkerConfig, hooks: WorkerHooks = {}, tracing: Tracing = NO_TRACING): Container {
  const log = pino(logOptions("model-trainer-worker", config.logLevel), hooks.log ?? process.stderr);
  const onError = (error: Error) =>
    log.debug({ event: "redis_error", reason: error.message }, "no connection to Redis");
  const redis = openRedis(config.redisUrl, { onError });
  redis.on("reconnecting", () => metrics.reconnecting());
  const queue = new Queue("trainer", { connection: redis });
  queue.on("error", onError);
  const pace = { ...PACE, ...hooks.pace };
  let engine: Engine | null = null;
  const onEngine = (told: Engine) => void (engine = told);
  const fork = () => {
    const asked = engine === null ? { onEngine } : {}; // it takes a moment, and is the same in all of them
    return new Child(hooks.child ?? CHILD, config, { lifeMs: pace.life, log, fork: hooks.fork, ...asked });
  };
  const children = new Children(fork, pace.idle);
  const startChild: Container["startChild"] = (onMessage, fields) => children.start(onMessage, fields);
  const metrics = new Metrics({ children: () => children.all, home: config.artifactsRoot });
  metrics.countSpans("worker", tracing);
  const answerer = new ModelServer(startChild, (failure) => {
    metrics.childCrashed("answers", failure);
    const reason = failure.message;
    log.warn({ event: "child_crashed", reason }, "the process that answers questions ended unexpectedly");
  });
  const closed = new AbortController();
  const runs = new RunRecords(redis);
  const name = workerName();
  let home: Promise<string> | undefined;
  const turns = new Map<string, Promise<void>>();
  return {
    name,
    config,
    pace,
    redis,
    runs,
    results: new Results(redis, config.artifactsRoot),
    sessions: new ChatSessions(redis),
    tokenizers: new TokenizerRecords(redis),
    store: new RequestStore(config.artifactsRoot, storedRequest),
    queuedTokenizers: new QueuedTokenizers(config.artifactsRoot),
    queue,
    queued: new CancelQueued({ redis, queue, runs }),
    cancelling: new Leadership(redis, { key: "trainer:cancel-queued", name, ms: CANCEL_LOOKS * pace.cancel }),
    homeId: () => (home ??= homeId(config.artifactsRoot)),
    answerer,
    log,
    children,
    engine: () => engine,
    startChild,
    metrics,
    tracing,
    prepareNext() {
      const prepare = (waiting: number) => {
        if (waiting > 0) children.prepare();
      };
      background(queue.getWaitingCount().then(prepare), () => {}); // Redis is unavailable: continues without
    },
    closed: closed.signal,
    crash: new AbortController(),
    async oneAtATime(key, body) {
      const turn = (turns.get(key) ?? Promise.resolve()).then(body, body);
      turns.set(key, turn);
      await turn.finally(() => turns.get(key) === turn && turns.delete(key));
    },
    async [Symbol.asyncDispose]() {
      await answerer[Symbol.asyncDispose]();
      children[Symbol.dispose]();
      closed.abort();
      await queue.close();
      redis.disconnect();
      await tracing[Symbol.asyncDispose]();
    },
  };
}
