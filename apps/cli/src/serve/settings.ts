import { ApiConfig, ApiSettings } from "@trainer/api/config";
import {
  envField,
  loadSettings,
  type LoadedSettings,
  PluginSettings,
  QueueSettings,
  settingMeta,
} from "@trainer/platform";
import { WorkerConfig, WorkerSettings } from "@trainer/worker/config";
import { z } from "zod";
import type { Io } from "../process/io.js";

const { host, publicHosts, port, apiKey } = ApiConfig.shape;
const { threads, tokenizerSampleMaxLines } = WorkerConfig.shape;
const { cleanup, corpusCacheCleanup, binsCleanup, tokenizerCleanup } = WorkerConfig.shape;

const web = z.url({ protocol: /^https?$/, error: "must be http://… or https://…" }).default("");
const secret = () => z.string().default("").register(settingMeta, { secret: true });

/** Every setting of the system; a setting's path gives its names: `app.dataRoot` is APP__DATA_ROOT, in TOML app.data_root. */
const Settings = z.strictObject({
  /** Without effect. */
  appEnv: z
    .string()
    .transform((name) => (name === "prod" ? "prod" : "dev"))
    .default("dev"),
  logging: z.strictObject({
    level: envField.logLevel.default("info").register(settingMeta, { also: ["LOG_LEVEL"] }),
  }),
  redis: z.strictObject({
    url: z
      .url({ protocol: /^rediss?$/, error: "must be redis://… or rediss://…" })
      .default("redis://redis:6379/0")
      .register(settingMeta, { also: ["REDIS_URL"] }),
    /** Without effect: everything past one process needs Redis. */
    enabled: z.boolean().default(true),
  }),
  bindHost: host,
  publicHosts,
  port,
  dataBankPort: port.unwrap().default(8001),
  /** Gateway of all services by their names, which overrides their own addresses; "" for none. */
  apiGatewayUrl: web,
  ...PluginSettings.shape,
  rq: z.strictObject({ queueName: z.enum(["trainer"]).default("trainer"), ...QueueSettings.shape }),
  app: z.strictObject({
    /** Holds corpus/ and corpus_cache/. */
    dataRoot: z.string().default("/data"),
    /** Holds models/ and tokenizers/: the home of what is trained. */
    artifactsRoot: z.string().default("/data/artifacts"),
    /** Named by files of other installations, as logsRoot; nothing is kept there. */
    runsRoot: z.string().default("/data/runs"),
    logsRoot: z.string().default("/data/logs"),
    threads,
    tokenizerSampleMaxLines,
    /** "": no file service. */
    dataBankApiUrl: web,
    dataBankApiKey: secret(),
    cleanup,
    corpusCacheCleanup: corpusCacheCleanup.unwrap().omit({ dryRun: true }),
    binsCleanup: binsCleanup.unwrap().omit({ dryRun: true }),
    tokenizerCleanup: tokenizerCleanup.unwrap().omit({ dryRun: true }),
  }),
  api: ApiSettings,
  worker: WorkerSettings,
  security: z.strictObject({ apiKey: apiKey.register(settingMeta, { secret: true }) }),
  /** Files of W&B's offline kind of each training, in the folder wandb of artifactsRoot. */
  wandb: z.strictObject({ enabled: z.boolean().default(false), project: z.string().default("model-trainer") }),
  /** Named by files of other installations, as the one below; without effect. */
  hfHome: z.string().default("/hf-cache"),
  hfToken: secret(),
});

export type TrainerConfig = z.output<typeof Settings>;
export type LoadedConfig = LoadedSettings<typeof Settings>;

/**
 * The configuration of the whole system.
 * @throws AppError CONFIG_ERROR, which names all that is wrong, with its place
 */
export function loadConfig(given: Pick<Io, "env" | "cwd">): LoadedConfig {
  const loaded = loadSettings(Settings, given);
  const { config, sources } = loaded;
  if (config.apiGatewayUrl === "") return loaded;
  const shown = sources.find(({ toml }) => toml === "api_gateway_url")?.value; // without its password
  const behindGateway = { value: dataBankBehind(String(shown)), source: "API_GATEWAY_URL" };
  return {
    ...loaded,
    config: { ...config, app: { ...config.app, dataBankApiUrl: dataBankBehind(config.apiGatewayUrl) } },
    sources: sources.map((each) =>
      each.toml === "app.data_bank_api_url" ? Object.assign({}, each, behindGateway) : each,
    ),
  };
}

/** The file service's address is what the gateway makes it, where there is one. */
const dataBankBehind = (gateway: string): string => `${gateway.replace(/(?<!\/)\/+$/, "")}/data-bank`;
