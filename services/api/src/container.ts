import { DataBankClient } from "@trainer/client/data-bank";
import { QueuedTokenizers, storedRequest, type QueueName } from "@trainer/platform";
import { Hosts, KeySet } from "@trainer/platform/http";
import {
  ChatSessions,
  openRedis,
  REDIS_TIMEOUT_MS,
  Results,
  RunRecords,
  TokenizerRecords,
} from "@trainer/platform/redis";
import { NO_TRACING, type Tracing } from "@trainer/platform/tracing";
import { families, type FamilyInfo } from "@trainer/models/capabilities";
import { openHome, RequestStore, TextRoot } from "@trainer/training/files";
import type { Redis } from "ioredis";
import type { ApiConfig } from "./config.js";
import { Channels } from "./live/channels.js";
import { Streams } from "./live/streams.js";
import { Tails } from "./live/tails.js";
import { Metrics } from "./metrics.js";
import { SignIn } from "./sign-in.js";
import { Artifacts } from "./services/artifacts.js";
import { Cleanup } from "./services/cleanup.js";
import { Corpora } from "./services/corpora.js";
import { CorpusUploads } from "./services/corpus-uploads.js";
import { Chats } from "./services/chats.js";
import { Encodings } from "./services/encodings.js";
import { Estimates } from "./services/estimates.js";
import { Plans } from "./services/plans.js";
import { Exports } from "./services/exports.js";
import { Evaluations } from "./services/evaluations.js";
import { Jobs } from "./services/jobs.js";
import { EvaluationHistories } from "./services/evaluation-history.js";
import { FolderRuns } from "./services/folder-runs.js";
import { ModelRequests } from "./services/model-requests.js";
import { ModelsForOpenAi } from "./services/models-for-openai.js";
import { Notes } from "./services/notes.js";
import { RecordedRuns } from "./services/recorded-runs.js";
import { RunCatalogue } from "./services/run-catalogue.js";
import { RunFolderFiles } from "./services/run-folder-files.js";
import { RunFiles } from "./services/run-files.js";
import { Runs } from "./services/runs.js";
import { Sparklines } from "./services/sparklines.js";
import { StoredSizes } from "./services/stored-sizes.js";
import { System } from "./services/system.js";
import { Tokenizers } from "./services/tokenizers.js";
import { Trainings } from "./services/trainings.js";
import { Vocabularies } from "./services/vocabularies.js";

/** Hooks for tests and embedding processes. */
export interface ApiHooks {
  /** Destination of log records, a line each. */
  readonly log?: { write(line: string): unknown };
  readonly families?: ReadonlyMap<string, FamilyInfo>;
}

/** All that the API is made of; nothing else constructs any of it. */
export interface Container extends AsyncDisposable {
  readonly config: ApiConfig;
  readonly keys: KeySet;
  readonly signIn: SignIn;
  readonly hosts: Hosts;
  readonly redis: Redis;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly families: ReadonlyMap<string, FamilyInfo>;
  readonly trainings: Trainings;
  readonly runs: Runs;
  readonly runFiles: RunFiles;
  readonly notes: Notes;
  readonly folderFiles: RunFolderFiles;
  readonly exports: Exports;
  readonly histories: EvaluationHistories;
  readonly catalogue: RunCatalogue;
  readonly tails: Tails;
  readonly streams: Streams;
  readonly evaluations: Evaluations;
  readonly questions: ModelRequests;
  readonly chats: Chats;
  /** Models as OpenAI's clients ask them. */
  readonly models: ModelsForOpenAi;
  readonly encodings: Encodings;
  readonly estimates: Estimates;
  readonly plans: Plans;
  readonly tokenizers: Tokenizers;
  readonly vocabularies: Vocabularies;
  readonly artifacts: Artifacts;
  readonly corpora: Corpora;
  readonly uploads: CorpusUploads;
  readonly system: System;
  readonly cleanup: Cleanup;
}

export function container(config: ApiConfig, hooks: ApiHooks = {}, tracing: Tracing = NO_TRACING): Container {
  const apiKeys = config.apiKey === "" ? [] : [config.apiKey];
  const home = openHome(config.artifactsRoot);
  const homeWithTexts = openHome(config.artifactsRoot, config.dataRoot);
  const redis = openRedis(config.redisUrl, { commandTimeoutMs: REDIS_TIMEOUT_MS, failFast: true });
  const channels = new Channels(openRedis(config.redisUrl, { listens: true }));
  const jobs = new Jobs(redis, config, tracing);
  const records = new RunRecords(redis);
  const results = new Results(redis, home.root);
  const store = new RequestStore(home.root, storedRequest);
  const texts = new TextRoot(config.dataRoot);
  const dataBank = config.dataBank && new DataBankClient(config.dataBank);
  const known = hooks.families ?? families();
  const runFiles = new RunFiles({ home, records });
  const notes = new Notes({ home, files: runFiles });
  const folders = new FolderRuns(home, notes);
  const recorded = new RecordedRuns(records);
  const catalogue = new RunCatalogue({ recorded, folders, files: runFiles, sparklines: new Sparklines() });
  const runs = new Runs({ home, records, store, jobs, folders, catalogue });
  const exports = new Exports({ home, runs: runFiles, records, dataBank });
  const stored = new StoredSizes({ home: homeWithTexts, texts: texts.folder });
  const trainings = new Trainings({ records, jobs, home, store, redis, texts, families: known });
  const metrics = new Metrics({ queues: () => countsOf(jobs), redis });
  metrics.countSpans("api", tracing);
  return {
    config,
    hosts: new Hosts({ bindHost: config.host, publicHosts: config.publicHosts }),
    keys: new KeySet(apiKeys),
    signIn: new SignIn(apiKeys),
    redis,
    metrics,
    tracing,
    families: known,
    runs,
    runFiles,
    notes,
    catalogue,
    folderFiles: new RunFolderFiles({ home, runs: runFiles }),
    exports,
    histories: new EvaluationHistories({ home, runs: runFiles }),
    trainings,
    tails: new Tails(config.pollMs),
    streams: new Streams(metrics, config),
    evaluations: new Evaluations({ home, records, results, jobs, texts }),
    questions: new ModelRequests({ results, jobs, channels, texts }),
    chats: new Chats({ results, jobs, channels, sessions: new ChatSessions(redis) }),
    models: new ModelsForOpenAi({ catalogue, exports, results, jobs, channels }),
    encodings: new Encodings({ results, jobs, channels }),
    estimates: new Estimates({ results, jobs, channels, trainings }),
    plans: new Plans({ results, jobs, channels, trainings }),
    tokenizers: new Tokenizers({
      home,
      records: new TokenizerRecords(redis),
      queued: new QueuedTokenizers(home.root),
      jobs,
      texts,
    }),
    vocabularies: new Vocabularies(home),
    corpora: new Corpora({ home: homeWithTexts, texts, jobs }),
    uploads: new CorpusUploads(texts),
    system: new System({ ...config, redis, jobs, stored }),
    cleanup: new Cleanup({ home: homeWithTexts, jobs, stored }),
    artifacts: new Artifacts({ home, records, dataBank }),
    async [Symbol.asyncDispose]() {
      channels[Symbol.dispose]();
      await jobs.close();
      redis.disconnect();
      await tracing[Symbol.asyncDispose]();
    },
  };
}

const names: readonly QueueName[] = ["trainer", "trainer-inference"];
const countsOf = async (jobs: Jobs) => (await Promise.all(names.map((name) => jobs.counts(name)))).flat();
