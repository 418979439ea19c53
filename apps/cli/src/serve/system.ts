import { DEFAULT_SOURCE, withoutSecrets, type ShownSetting } from "@trainer/platform";
import type { Io } from "../process/io.js";
import { redisAnswers } from "./redis-answers.js";
import type { Keys } from "./keys.js";
import type { PartSpec, Place } from "./part.js";
import type { Parts } from "./parts.js";
import { atPortOrAnother, wantPort } from "./ports.js";
import { findRedisServer, redisPart } from "./redis-server.js";
import { servicePart } from "./service-part.js";
import type { LoadedConfig } from "./settings.js";
import { tellSettings } from "./shown-settings.js";

export interface Setup {
  readonly loaded: LoadedConfig;
  /** An absolute path. */
  readonly home: string;
  readonly cwd: string;
  readonly keys: Keys;
  /** Folder of the pages; "": the API has none. */
  readonly pages: string;
  /** All settings, as the API's clients are shown them. */
  readonly settings: readonly ShownSetting[];
  readonly ports: Ports;
  /** True if the Discord bot is started too, where it has a token. */
  readonly bot: boolean;
  note(line: string): void;
}

/** Whether a part listens at its port of the settings or not at all, or at another one where that is taken. */
export interface Ports {
  readonly api: "exactly" | "preferably";
  readonly dataBank: "exactly" | "preferably";
}

/** Where a client reaches the API, and the key that it shows there. */
export interface ApiAccess {
  readonly url: string;
  readonly key: string;
}

/**
 * Starts the whole system, each part once those that it needs are ready.
 * @throws Error with the part that does not come up, and why
 */
export async function startSystem(setup: Setup, parts: Parts, signal: AbortSignal): Promise<ApiAccess> {
  const { bindHost: host, port, dataBankPort } = setup.loaded.config;
  const { ports } = setup;
  const ownBank = hasOwnBank(setup.loaded);
  if (ports.api === "exactly") await wantPort(host, port, { of: "API", variable: "PORT" });
  if (ports.dataBank === "exactly" && ownBank)
    await wantPort(host, dataBankPort, { of: "file service", variable: "DATA_BANK_PORT" });

  const redis = await startRedis(setup, parts, signal);
  const bank = ownBank ? await startBank(setup, redis, parts, signal) : givenBank(setup, parts);
  const { SECURITY__API_KEY: apiKey, ...common } = serviceEnv(setup, redis, bank);
  const { cwd } = setup;
  const env = { ...withoutSecrets(setup.loaded.env), ...pick(setup.loaded.env, TRACE_SECRETS), ...common };
  const ofApi = { ...env, SECURITY__API_KEY: apiKey };
  await parts.start(
    servicePart({ name: "worker", command: ["worker"], env, cwd, graceMs: 25_000, listens: false }),
    signal,
  );
  const startApi = (at: number): Promise<Place> => {
    const found = { bank: ownBank ? bank.url : null, moved: at !== port };
    const settings = setup.settings.map((each) => asItIs(each, found));
    const there = { ...ofApi, ...tellSettings(settings), PORT: String(at) };
    return parts.start(
      servicePart({ name: "api", command: ["api"], env: there, cwd, graceMs: 5000, listens: true }),
      signal,
    );
  };
  const { url: reached } = await (ports.api === "exactly" ? startApi(port) : atPortOrAnother({ host, port }, startApi));
  const url = String(reached);
  const { DISCORD_TOKEN: token } = setup.loaded.env;
  if (setup.bot && token) parts.begin(botPart(setup, { redis, token, apiUrl: url, apiKey }), signal);
  return { url, key: apiKey };
}

/** A setting as the start has found it: where our own file service is, and whether the API's port was to be had. */
function asItIs(setting: ShownSetting, { bank, moved }: { bank: string | null; moved: boolean }): ShownSetting {
  const { name, value } = setting;
  if (name === "APP__DATA_BANK_API_URL" && bank !== null) return { ...setting, value: bank };
  if (name === "PORT" && moved)
    return { ...setting, value: null, source: `any that is free: ${String(value)} is taken` };
  return setting;
}

/** The bot, which Discord may keep waiting: the rest does without it. */
function botPart({ loaded, home, cwd }: Setup, { redis, token, apiUrl, apiKey }: Bot): PartSpec {
  const env = {
    ...withoutSecrets(loaded.env),
    TRAINER_HOME: home,
    BIND_HOST: loaded.config.bindHost,
    PUBLIC_HOSTS: loaded.config.publicHosts.join(","),
    REDIS_URL: redis,
    DISCORD_TOKEN: token,
    API_BASE_URL: apiUrl,
    MODEL_TRAINER_API_KEY: apiKey,
  };
  return servicePart({
    name: "discord-bot",
    command: ["discord-bot"],
    env,
    cwd,
    graceMs: 5000,
    needed: false,
    listens: false,
  });
}

interface Bot {
  readonly redis: string;
  readonly token: string;
  readonly apiUrl: string;
  readonly apiKey: string;
}

/** True if the system has a Redis of its own: none is configured. */
export const hasOwnRedis = ({ sources }: LoadedConfig): boolean =>
  sources.find(({ toml }) => toml === "redis.url")?.source === DEFAULT_SOURCE;

/** True if the system has a file service of its own: none is configured. */
export const hasOwnBank = ({ config }: LoadedConfig): boolean => config.app.dataBankApiUrl === "";

/** The Redis that is given, else one of our own. */
async function startRedis({ loaded, home, keys, note }: Setup, parts: Parts, signal: AbortSignal): Promise<string> {
  const { config, env } = loaded;
  if (!hasOwnRedis(loaded)) {
    await redisAnswers(config.redis.url);
    parts.at("redis", { url: config.redis.url });
    return config.redis.url;
  }
  const program = await findRedisServer(env, note);
  const { url } = await parts.start(await redisPart({ program, home, password: keys.redis_password, env }), signal);
  return String(url);
}

/** A file service, and a key that may do all there. */
export interface Bank {
  readonly url: string;
  readonly key: string;
}

function givenBank({ loaded }: Setup, parts: Parts): Bank {
  const { dataBankApiUrl: url, dataBankApiKey: key } = loaded.config.app;
  parts.at("data-bank", { url });
  return { url, key };
}

async function startBank(
  { loaded, cwd, home, keys, ports }: Setup,
  redisUrl: string,
  parts: Parts,
  signal: AbortSignal,
): Promise<Bank> {
  const { config } = loaded;
  const uploadKeys = loaded.env["API_UPLOAD_KEYS"] ?? keys.data_bank_key;
  const env = {
    ...withoutSecrets(loaded.env),
    ...pick(loaded.env, [...BANK_SECRETS, ...TRACE_SECRETS]),
    TRAINER_HOME: home,
    BIND_HOST: config.bindHost,
    PUBLIC_HOSTS: config.publicHosts.join(","),
    API_UPLOAD_KEYS: uploadKeys,
    REDIS_URL: redisUrl,
    LOG_LEVEL: config.logging.level,
  };
  const start = (at: number): Promise<Place> => {
    const there = { ...env, PORT: String(at) };
    return parts.start(
      servicePart({ name: "data-bank", command: ["data-bank"], env: there, cwd, graceMs: 10_000, listens: true }),
      signal,
    );
  };
  const wanted = { host: config.bindHost, port: config.dataBankPort };
  const { url } = await (ports.dataBank === "exactly" ? start(wanted.port) : atPortOrAnother(wanted, start));
  return { url: String(url), key: config.app.dataBankApiKey || String(uploadKeys.split(",")[0]).trim() };
}

/** Settings for the file service alone. */
const BANK_SECRETS = [
  "API_READ_KEYS",
  "API_DELETE_KEYS",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "STORE_OPTIONS",
] as const;

/** Headers with which a part logs in where its traces go. */
const TRACE_SECRETS = ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] as const;

const pick = (env: Io["env"], names: readonly string[]): Io["env"] =>
  Object.fromEntries(names.map((name) => [name, env[name]]));

/** Environment of the API and the worker, with precedence over everything else; only the API gets the API's key. */
export const serviceEnv = (
  { loaded: { config }, home, keys, pages }: Pick<Setup, "loaded" | "home" | "keys" | "pages">,
  redisUrl: string,
  bank: Bank,
) => ({
  TRAINER_HOME: home,
  APP__DATA_ROOT: home,
  APP__ARTIFACTS_ROOT: home,
  REDIS__URL: redisUrl,
  REDIS_URL: redisUrl,
  APP__DATA_BANK_API_URL: bank.url,
  APP__DATA_BANK_API_KEY: bank.key,
  SECURITY__API_KEY: config.security.apiKey || keys.api_key,
  API__PAGES_ROOT: pages,
  BIND_HOST: config.bindHost,
  PORT: String(config.port),
});
