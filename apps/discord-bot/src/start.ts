import { TrainerClient } from "@trainer/client";
import { AppError } from "@trainer/platform";
import { openRedis, REDIS_TIMEOUT_MS, RunRecords } from "@trainer/platform/redis";
import { Client, DiscordjsError, DiscordjsErrorCodes, Events } from "discord.js";
import { clock as realClock, type Clock } from "./clock.js";
import { Completions } from "./commands/completions.js";
import { Dispatch } from "./commands/dispatch.js";
import { RateLimit } from "./commands/rate-limit.js";
import { registerCommands } from "./commands/register.js";
import type { BotConfig } from "./config.js";
import { Feed } from "./following/feed.js";
import { Following } from "./following/following.js";
import { createLog, type Log } from "./log.js";
import { DirectMessages } from "./messages/direct-messages.js";
import { RecentCorpora } from "./store/recent-corpora.js";
import { RunStore } from "./store/run-store.js";

export interface Bot extends AsyncDisposable {
  /** The bot's own name on Discord. */
  readonly name: string;
  /** Comes about only when Discord has shown the bot out for good, with the reason. */
  readonly shownOut: Promise<Error>;
}

/** What a test or an embedding process steers. */
export interface BotHooks {
  readonly log: { write(line: string): unknown };
  readonly clock?: Clock;
  readonly pace?: Partial<BotPace>;
}

export interface BotPace {
  /** Between two edits of one message. */
  readonly editMs: number;
  /** Between two alerts to one user, and for how long they are collected before the first. */
  readonly alertMs: number;
  readonly collectMs: number;
  /** Between two summaries of a run's course. */
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
  const { ownerId } = config;
  const { clock = realClock } = hooks;
  const log = createLog(config.logLevel, hooks.log);
  const onError = (error: Error) => log.warn({ event: "redis_error", err: error }, error.message);

  const redis = openRedis(config.redisUrl, { commandTimeoutMs: REDIS_TIMEOUT_MS, onError });
  closing.push(async () => redis.disconnect());
  const client = new Client({ intents: [], rest: { api: config.discordUrl }, allowedMentions: { parse: [] } });
  closing.push(() => leave(client));
  const shownOut = listen(client, log);
  const api = config.api.url === null ? null : apiClient(config.api, config.api.url);
  const corpora = new RecentCorpora(redis);
  const dms = new DirectMessages(client);

  const feed = new Feed(config.redisUrl, {
    onEvent: (event) => following.event(event),
    onBack: () => void following.catchUp(),
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
    ownerId,
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
    ownerId,
    log,
  });
  client.on(Events.InteractionCreate, (interaction) => void dispatch.handle(interaction));

  const ready = await login(client, config.token);
  await registerCommands(ready, config);
  if (ownerId !== null) await greet(dms, ownerId, log);
  void feed.open().then(() => following.start());
  log.info({ event: "bot_ready", user: ready.user.tag }, "the bot is ready");
  return { name: ready.user.tag, shownOut };
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

/** discord.js comes back by itself from whatever passes; the rest is told. */
function listen(client: Client, log: Log): Promise<Error> {
  client.on(Events.Error, (error) => log.warn({ event: "discord_error", err: error }, error.message));
  client.on(Events.ShardError, (error) => log.warn({ event: "gateway_error", err: error }, error.message));
  client.on(Events.ShardReconnecting, () => log.warn({ event: "gateway_lost" }, "the gateway is lost; trying again"));
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
  try {
    await client.login(token);
  } catch (error) {
    if (!(error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid)) throw error;
    throw new AppError("CONFIG_ERROR", WRONG_TOKEN, { cause: error });
  }
  return ready;
}

const WRONG_TOKEN =
  "Discord does not know this DISCORD_TOKEN: on the page Bot of your application in Discord's developer portal, " +
  "choose Reset Token and take the new one";

async function greet(dms: DirectMessages, ownerId: bigint, log: Log): Promise<void> {
  try {
    await dms.open(ownerId);
  } catch (error) {
    log.warn({ event: "owner_unreachable", err: error }, "no direct messages can be sent to DISCORD_OWNER_ID");
  }
}
