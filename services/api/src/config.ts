import { PluginSettings, QueueSettings, ShownSetting } from "@trainer/platform";
import { TracingConfig } from "@trainer/platform/tracing";
import { z } from "zod";

const PROXY = "must be IP addresses or ranges, as in 10.0.0.7 and 10.0.0.0/8";

/** An address, or a range that is not all there are. */
const Proxy = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], PROXY)
  .refine((text) => !text.endsWith("/0"), PROXY);

/** Settings of the API alone: API__BODY_BYTES and so on. */
export const ApiSettings = z.strictObject({
  /** The most bytes of a request's body. */
  bodyBytes: z
    .int()
    .min(1)
    .default(16 << 20),
  /** Requests that a client may make a minute; 0: as many as it likes. */
  requestsPerMinute: z.int().min(0).default(60_000),
  /** Streams of events that a client may have open; 0: as many as it likes. */
  streamsPerClient: z.int().min(0).default(1000),
  /** Addresses and ranges of the proxies before it, whose X-Forwarded-For says who the client is. */
  trustedProxies: z.array(Proxy).default([]),
  /** Jobs that may wait in each of the two queues: trainings and tokenizers, and questions. */
  queueLimit: z.int().min(1).default(10_000),
  /** Wrong keys that a client may try in a minute. */
  wrongKeysPerMinute: z.int().min(1).default(100),
  /** Folder of the built pages, which are served at /app/; "": none are. */
  pagesRoot: z.string().default(""),
});

const NO_PORT = "must be a port: a whole number from 0 to 65535";

/** Settings of the API. */
export const ApiConfig = z.strictObject({
  host: z.string().default("127.0.0.1"),
  /** Further names that it is reached by: those that a proxy before it passes on. */
  publicHosts: z.array(z.string()).default([]),
  /** 0: one that is free. */
  port: z.int(NO_PORT).min(0, NO_PORT).max(65_535, NO_PORT).default(8000),
  /** Key that clients send as X-API-Key; "": none, for this machine alone. */
  apiKey: z.string().trim().default(""),
  redisUrl: z.string(),
  /** Holds models/ and tokenizers/. */
  artifactsRoot: z.string().min(1),
  /** Holds corpus/. */
  dataRoot: z.string().min(1),
  /** The file service, where archives of runs are; null where there is none. */
  dataBank: z
    .strictObject({ url: z.string(), apiKey: z.string().default("") })
    .nullable()
    .default(null),
  logLevel: z.enum(["debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  ...PluginSettings.shape,
  ...QueueSettings.pick({ resultTtlSec: true, failureTtlSec: true }).shape,
  ...ApiSettings.shape,
  /** Null: nothing is traced. */
  tracing: TracingConfig.nullable().default(null),
  /** All settings of the system as `GET /system` shows them; none where nobody has told them. */
  settings: z.array(ShownSetting).default([]),
  /** Poll interval of followed files. */
  pollMs: z.int().min(1).default(200),
  /** Keep-alive interval of a silent stream. */
  keepAliveMs: z.int().min(1).default(15_000),
  /** After how long a stream's client that reads nothing is dropped. */
  stallMs: z.int().min(1).default(60_000),
});
export type ApiConfig = z.output<typeof ApiConfig>;
/** Settings before defaults are filled in. */
export type ApiInput = z.input<typeof ApiConfig>;
