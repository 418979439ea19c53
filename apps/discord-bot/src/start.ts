import { TrainerClient } from "@trainer/client";
import { AppError, background } from "@trainer/platform";
import { openRedis, REDIS_TIMEOUT_MS, refuseWrongRedis, RunRecords } from "@trainer/platform/redis";
import { Client, DiscordAPIError, DiscordjsError, DiscordjsErrorCodes, Events } from "discord.js";
import { findAccess } from "./access/find-access.js";
import { clock as realClock, type Clock } from "./clock.js";
import { Completions } from "./commands/completions.js";
import { Dispatch } from "./commands/dispatch.js";
import { RateLimit } from "./commands/rate-limit.js";
import { registerCommands } from "./commands/register.js";
import { Trainings } from "./commands/trainings.js";
import type { BotConfig } from "./config.js";
import { Feed } from "./following/feed.js";
import { Following } from "./following/following.js";
import { createLog, type Log } from "./log.js";
import { Metrics } from "./metrics.js";
import { DirectMessages } from "./messages/direct-messages.js";
import { RecentCorpora } from "./store/recent-corpora.js";
import { RunStore } from "./store/run-store.js";

export interface Bot extends AsyncDisposable {
  /** The bot's own name on Discord. */
  readonly name: string;
  /** Whom it obeys, in words. */
  readonly obeys: string;
  /** Address of its metrics; null where they are not served. */
  readonly metricsUrl: string | null;
  /** Comes about only when Discord has shown the bot out for good, with the reason. */
  readonly shownOut: Promise<Error>;
}

/** Hooks for tests and embedding processes. */
export interface BotHooks {
  readonly log: { write(line: string): unknown };
  readonly clock?: Clock;
  readonly pace?: Partial<BotPace>;
}

export interface BotPace {
  /** Least time between two edits of one message. */
  readonly editMs: number;
  /** Least time between two alerts to a user; alerts before the first are collected for as long. */
  readonly alertMs: number;
  readonly collectMs: number;
  /** Interval of progress summaries. */
  readonly summaryMs: number;
}

const PACE: BotPace = { editMs: 5000, alertMs: 30_000, collectMs: 2000, summaryMs: 300_000 };
const GOODBYE_MS = 2000;

/**
 * Starts the bot: it is there when Discord has let it in and knows its commands.
 * @throws AppError CONFIG_ERROR where Discord does not know the token
 */
export async function startBot(config: BotConfig, hooks: BotHooks): Promise<Bot> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const each of closing.splice(0).reverse()) await each();
  };
  try {
    const started = await start(config, hooks, closing);
    return { ...started, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param closing what is to be done in the end, the last first */
async function start(config: BotConfig, hooks: BotHooks, closing: (() => Promise<unknown>)[]) {
  const { clock = realClock } = hooks;
  const log = createLog(config.logLevel, hooks.log);
  const onError = (error: Error) => log.warn({ event: "redis_error", err: error }, error.message);

  const onBug = (error: unknown) => log.error({ event: "bot_failed", err: error }, String(error));

  await refuseWrongRedis(config.redisUrl);
  const redis = openRedis(config.redisUrl, { commandTimeoutMs: REDIS_TIMEOUT_MS, onError });
  redis.on("reconnecting", () => metrics.redisReconnecting());
  closing.push(async () => redis.disconnect());
  const client = new Client({ intents: [], rest: { api: config.discordUrl }, allowedMentions: { parse: [] } });
  closing.push(() => leave(client));
  const metrics = new Metrics({ isReady: () => client.isReady(), followed: () => following.size });
  const metricsUrl = await serveMetricsOf(config, metrics, hooks, closing);
  const access = await known(() => findAccess(client.rest.setToken(config.token), config));
  const shownOut = listen(client, log, metrics);
  const api = config.api.url === null ? null : apiClient(config.api, config.api.url);
  const corpora = new RecentCorpora(redis);
  const dms = new DirectMessages(client);

  const feed = new Feed(config.redisUrl, {
    onEvent: (event) => following.event(event),
    onBack: () => background(following.catchUp(), onBug),
    onError,
  });
  closing.push(() => feed[Symbol.asyncDispose]());
  const following: Following = new Following({
    ...PACE,
    ...hooks.pace,
    api,
    dms,
    store: new RunStore(redis),
    records: new RunRecords(redis),
    feed,
    access,
    unreachable: new Set(),
    clock,
    log,
  });
  closing.push(() => following[Symbol.asyncDispose]());
  const dispatch = new Dispatch({
    api,
    completions: api === null ? null : new Completions(api, corpora, clock.now),
    following,
    corpora,
    limit: new RateLimit(config.rate, clock.now),
    trainings: new Trainings(config.trainingsPerUser),
    access,
    log,
    metrics,
  });
  client.on(Events.InteractionCreate, (interaction) => background(dispatch.handle(interaction), onBug));

  const ready = await known(() => login(client, config.token));
  await registerCommands(ready, config, access);
  if (access.owner !== null) await greet(dms, access.owner, log);
  const followed = feed.open().then(() => following.start());
  background(followed, onBug);
  log.info({ event: "bot_ready", user: ready.user.tag, obeys: access.description }, "the bot is ready");
  return { name: ready.user.tag, obeys: access.description, metricsUrl, shownOut };
}

/** @throws AppError CONFIG_ERROR for a port that cannot be had */
async function serveMetricsOf(
  { metrics: where }: BotConfig,
  metrics: Metrics,
  { log }: BotHooks,
  closing: (() => Promise<unknown>)[],
): Promise<string | null> {
  if (where.port === 0) return null;
  const { serveMetrics } = await import("@trainer/platform/http"); // no other part of the bot needs it
  const about = { ...where, service: "discord-bot", variable: "DISCORD_METRICS_PORT", log };
  const server = await serveMetrics(metrics, about);
  closing.push(() => server[Symbol.asyncDispose]());
  return `${server.url}/metrics`;
}

const apiClient = ({ key, timeoutMs, retries }: BotConfig["api"], url: string) =>
  new TrainerClient({ url, apiKey: key, timeoutMs, retries });

/** discord.js may wait forever for a connection that is just coming about. */
async function leave(client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((resolve) => (timer = setTimeout(resolve, GOODBYE_MS)));
  await Promise.race([client.destroy(), enough]);
  clearTimeout(timer);
}

/** discord.js recovers from transient errors; others are logged. */
function listen(client: Client, log: Log, metrics: Metrics): Promise<Error> {
  client.on(Events.Error, (error) => log.warn({ event: "discord_error", err: error }, error.message));
  client.on(Events.ShardError, (error) => log.warn({ event: "gateway_error", err: error }, error.message));
  client.on(Events.ShardReconnecting, () => {
    metrics.gatewayLost();
    log.warn({ event: "gateway_lost" }, "the gateway is lost; trying again");
  });
  client.on(Events.ShardResume, () => log.info({ event: "gateway_back" }, "the gateway is back"));
  return new Promise((resolve) => {
    client.on(Events.ShardDisconnect, ({ code }) => {
      const error = new Error(`Discord closed the connection for good (${code}): is the token still valid?`);
      log.error({ event: "discord_closed", err: error }, error.message);
      resolve(error);
    });
  });
}

async function login(client: Client, token: string): Promise<Client<true>> {
  const ready = new Promise<Client<true>>((resolve) => void client.once(Events.ClientReady, resolve));
  await client.login(token);
  return ready;
}

/** @throws AppError CONFIG_ERROR if Discord does not know the token */
async function known<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!isUnknownToken(error)) throw error;
    throw new AppError("CONFIG_ERROR", WRONG_TOKEN, { cause: error });
  }
}

const isUnknownToken = (error: unknown): boolean =>
  error instanceof DiscordAPIError
    ? error.status === 401
    : error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid;

const WRONG_TOKEN =
  "Discord does not know this DISCORD_TOKEN: on the page Bot of your application in Discord's developer portal, " +
  "choose Reset Token and take the new one";

async function greet(dms: DirectMessages, ownerId: bigint, log: Log): Promise<void> {
  try {
    await dms.open(ownerId);
  } catch (error) {
    log.warn(
      { event: "owner_unreachable", err: error },
      "no direct messages can be sent to the owner (DISCORD_OWNER_ID)",
    );
  }
}
