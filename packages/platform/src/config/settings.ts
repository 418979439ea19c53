import { z } from "zod";
import { FAILURE_TTL_SECONDS, JOB_TIMEOUT_SECONDS, RESULT_TTL_SECONDS } from "../queue.js";
import { envField } from "./env.js";
import { field, type Field } from "./fields.js";

/** One setting, as a person may write it. */
export interface Setting<V> {
  /** Variables of the environment and of `.env`; the first that is set counts. */
  readonly env: readonly [name: string, ...others: string[]];
  /** Where it stands in the TOML file. */
  readonly toml: string;
  readonly field: Field<V>;
  readonly fallback: V;
  readonly secret: boolean;
}

/** Gives what a setting was set to, or its default. */
export type ReadSetting = <V>(setting: Setting<V>) => V;

const logLevel = field.same(envField.logLevel);
const redis = field.url(/^rediss?$/, "must be redis://… or rediss://…");
const web = field.url(/^https?$/, "must be http://… or https://…");
const appEnv = field.same(
  z
    .string()
    .trim()
    .transform((name): "dev" | "prod" => (name === "prod" ? "prod" : "dev")),
);
const queueName = field.same(z.string().trim().pipe(z.literal("trainer", 'must be "trainer"')));
const evictionPolicy = field.same(
  z
    .string()
    .trim()
    .pipe(z.enum(["lru", "oldest"], 'must be "lru" or "oldest"')),
);

/** A setting whose variable tells its place in the TOML file: `APP__DATA_ROOT` is `data_root` in `[app]`. */
const setting = <V>(
  name: string,
  field: Field<V>,
  fallback: V,
  { also = [], secret = false }: { readonly also?: readonly string[]; readonly secret?: boolean } = {},
): Setting<V> => ({
  env: [name, ...also],
  toml: name.toLowerCase().replaceAll("__", "."),
  field,
  fallback,
  secret,
});

/** Packages that add to the program, or their paths. */
export const PLUGINS = setting("PLUGINS", field.words, []);

/** Every setting there is, with its default: what `read` gives for each, in the shape that the services take. */
export function trainerConfig(read: ReadSetting) {
  const settings = allSettings(read);
  const { apiGatewayUrl, app } = settings;
  if (apiGatewayUrl === "") return settings;
  return { ...settings, app: { ...app, dataBankApiUrl: `${apiGatewayUrl.replace(/(?<!\/)\/+$/, "")}/data-bank` } };
}

const allSettings = (read: ReadSetting) => ({
  appEnv: read(setting("APP_ENV", appEnv, "dev")),
  logLevel: read(setting("LOGGING__LEVEL", logLevel, "info", { also: ["LOG_LEVEL"] })),
  redisUrl: read(setting("REDIS__URL", redis, "redis://redis:6379/0", { also: ["REDIS_URL"] })),
  /** Has no effect: everything past one process needs Redis. */
  redisEnabled: read(setting("REDIS__ENABLED", field.flag, true)),
  /** Address that services listen on. */
  bindHost: read(setting("BIND_HOST", field.text, "127.0.0.1")),
  /** Further names that services are reached by: those that a proxy before them passes on. */
  publicHosts: read(setting("PUBLIC_HOSTS", field.words, [])),
  /** Of the API. */
  port: read(setting("PORT", field.port, 8000)),
  dataBankPort: read(setting("DATA_BANK_PORT", field.port, 8001)),
  /** Where all services are reached under their names, which overrides their own addresses; "" where there is none. */
  apiGatewayUrl: read(setting("API_GATEWAY_URL", web, "")),
  plugins: read(PLUGINS),
  queue: {
    name: read(setting("RQ__QUEUE_NAME", queueName, "trainer")),
    jobTimeoutSec: read(setting("RQ__JOB_TIMEOUT_SEC", field.count, JOB_TIMEOUT_SECONDS)),
    resultTtlSec: read(setting("RQ__RESULT_TTL_SEC", field.count, RESULT_TTL_SECONDS)),
    failureTtlSec: read(setting("RQ__FAILURE_TTL_SEC", field.count, FAILURE_TTL_SECONDS)),
    /** How often a job is tried again; 0: never. */
    retryMax: read(setting("RQ__RETRY_MAX", field.count, 1)),
    /** How long before each try; the last holds for all further ones. */
    retryIntervalsSec: read(setting("RQ__RETRY_INTERVALS_SEC", field.counts, [300])),
  },
  app: {
    /** Holds corpus/ and corpus_cache/. */
    dataRoot: read(setting("APP__DATA_ROOT", field.text, "/data")),
    /** Holds models/ and tokenizers/: the home of what is trained. */
    artifactsRoot: read(setting("APP__ARTIFACTS_ROOT", field.text, "/data/artifacts")),
    /** Named by files of other installations; nothing is kept there. */
    runsRoot: read(setting("APP__RUNS_ROOT", field.text, "/data/runs")),
    logsRoot: read(setting("APP__LOGS_ROOT", field.text, "/data/logs")),
    /** 0: one per core. */
    threads: read(setting("APP__THREADS", field.count, 0)),
    tokenizerSampleMaxLines: read(setting("APP__TOKENIZER_SAMPLE_MAX_LINES", field.positive, 10_000)),
    /** "": no file service. */
    dataBankApiUrl: read(setting("APP__DATA_BANK_API_URL", web, "")),
    dataBankApiKey: read(setting("APP__DATA_BANK_API_KEY", field.text, "", { secret: true })),
    cleanup: {
      enabled: read(setting("APP__CLEANUP__ENABLED", field.flag, true)),
      verifyUpload: read(setting("APP__CLEANUP__VERIFY_UPLOAD", field.flag, true)),
      gracePeriodSeconds: read(setting("APP__CLEANUP__GRACE_PERIOD_SECONDS", field.count, 0)),
      dryRun: read(setting("APP__CLEANUP__DRY_RUN", field.flag, false)),
    },
    corpusCacheCleanup: {
      enabled: read(setting("APP__CORPUS_CACHE_CLEANUP__ENABLED", field.flag, false)),
      maxBytes: read(setting("APP__CORPUS_CACHE_CLEANUP__MAX_BYTES", field.count, 10_737_418_240)),
      minFreeBytes: read(setting("APP__CORPUS_CACHE_CLEANUP__MIN_FREE_BYTES", field.count, 2_147_483_648)),
      evictionPolicy: read(setting("APP__CORPUS_CACHE_CLEANUP__EVICTION_POLICY", evictionPolicy, "lru")),
    },
    binsCleanup: {
      enabled: read(setting("APP__BINS_CLEANUP__ENABLED", field.flag, true)),
      maxBytes: read(setting("APP__BINS_CLEANUP__MAX_BYTES", field.count, 53_687_091_200)),
      maxUnusedDays: read(setting("APP__BINS_CLEANUP__MAX_UNUSED_DAYS", field.count, 30)),
    },
    tokenizerCleanup: {
      enabled: read(setting("APP__TOKENIZER_CLEANUP__ENABLED", field.flag, false)),
      minUnusedDays: read(setting("APP__TOKENIZER_CLEANUP__MIN_UNUSED_DAYS", field.count, 30)),
    },
  },
  api: {
    /** The most bytes of a request's body. */
    bodyBytes: read(setting("API__BODY_BYTES", field.positive, 16_777_216)),
    /** How many requests a client may make a minute; 0: as many as it likes. */
    requestsPerMinute: read(setting("API__REQUESTS_PER_MINUTE", field.count, 60_000)),
    /** How many streams of events a client may have open; 0: as many as it likes. */
    streamsPerClient: read(setting("API__STREAMS_PER_CLIENT", field.count, 1000)),
    /** How many jobs may wait in each of the two queues. */
    queueLimit: read(setting("API__QUEUE_LIMIT", field.positive, 10_000)),
    /** With how many wrong keys a client may try in a minute. */
    wrongKeysPerMinute: read(setting("API__WRONG_KEYS_PER_MINUTE", field.positive, 100)),
  },
  worker: {
    /** How many trainings and tokenizers are made at a time, and how many questions are answered beside them. */
    trainings: read(setting("WORKER__TRAININGS", field.positive, 1)),
    answers: read(setting("WORKER__ANSWERS", field.positive, 8)),
    /** Seconds that an answer may take. */
    answerTimeoutSec: read(setting("WORKER__ANSWER_TIMEOUT_SEC", field.positive, 3600)),
    /** Models that are kept open for the next question: how many, with how many bytes of weights, for how long. */
    models: {
      count: read(setting("WORKER__MODELS__COUNT", field.positive, 4)),
      bytes: read(setting("WORKER__MODELS__BYTES", field.count, 4_294_967_296)),
      idleSec: read(setting("WORKER__MODELS__IDLE_SEC", field.count, 600)),
    },
  },
  /** What clients of the API must show; "": nothing. */
  security: { apiKey: read(setting("SECURITY__API_KEY", field.text, "", { secret: true })) },
  /** Named by files of other installations, as the two below; without effect. */
  wandb: {
    enabled: read(setting("WANDB__ENABLED", field.flag, false)),
    project: read(setting("WANDB__PROJECT", field.text, "model-trainer")),
  },
  huggingFace: {
    home: read(setting("HF_HOME", field.text, "/hf-cache")),
    token: read(setting("HF_TOKEN", field.text, "", { secret: true })),
  },
});

/** The whole configuration of the system. */
export type TrainerConfig = ReturnType<typeof trainerConfig>;
