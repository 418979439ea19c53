import { encodeEvent, EVENTS_CHANNEL, runChannel, type TrainerEvent } from "@trainer/platform";
import { openRedis } from "@trainer/platform/redis";
import { type RedisServer, startRedis } from "@trainer/testing";
import { startDiscord, type Discord, type DiscordOptions } from "@trainer/testing/discord";
import type { World as DiscordWorld } from "@trainer/testing/discord/world";
import type { Message } from "@trainer/testing/discord/message-body";
import type { Redis } from "ioredis";
import { botConfig } from "../src/config.js";
import { startBot, type Bot } from "../src/start.js";
import { ManualClock } from "./manual-clock.js";
import { startTrainer, type Trainer } from "./trainer.js";

export const USER = "987654321098765432";
export const OTHER = "876543210987654321";
export const GUILD = "765432109876543210";

/** Time between two edits of a message, as the bot's default is. */
const EDIT_MS = 5000;

export interface WorldOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly discord?: DiscordOptions;
  /** Address of the API, if not of the test's own. */
  readonly apiUrl?: string;
  readonly redis?: RedisServer;
  /** Whom the bot's application belongs to. */
  readonly owner?: DiscordWorld["owner"];
}

/** Discord, Redis, an API, and a bot among them. */
export class World implements AsyncDisposable {
  readonly log: string[] = [];
  readonly clock = new ManualClock();
  bot: Bot | null = null;
  readonly #env;

  constructor(
    readonly discord: Discord,
    readonly redisServer: RedisServer,
    readonly redis: Redis,
    readonly trainer: Trainer,
    { env = {}, apiUrl = trainer.url }: WorldOptions,
  ) {
    this.#env = {
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      REDIS_URL: redisServer.url,
      API_BASE_URL: apiUrl,
      MODEL_TRAINER_API_MAX_RETRIES: "0",
      DISCORD_OWNER_ID: "everybody",
      ...env,
    };
  }

  /** Starts the bot, or starts it again. */
  async restart(): Promise<void> {
    await this.bot?.[Symbol.asyncDispose]();
    const write = (line: string) => {
      this.log.push(line);
      this.discord.world.changed();
    };
    const from = this.log.length;
    this.bot = await startBot(botConfig(this.#env), { log: { write }, clock: this.clock });
    await this.logged("following", from);
  }

  /** @param from of the log, which is that of all bots of this world: from which line on */
  logged = (event: string, from = 0): Promise<string> =>
    this.discord.world.until(
      () => this.log.slice(from).find((line) => line.includes(`"event":"${event}"`)),
      `"${event}" is logged`,
    );

  /** Publishes events as a worker does. */
  async publish(...events: readonly TrainerEvent[]): Promise<void> {
    for (const event of events) {
      await this.redis.publish(EVENTS_CHANNEL, encodeEvent(event));
      await this.redis.publish(runChannel(event.job_id), encodeEvent(event));
    }
  }

  /** Waits until a message to a user is as it should be. */
  dm(user: string, what: string, is: (message: Message) => boolean): Promise<Message> {
    return this.discord.world.until(() => this.discord.world.dms(user).find(is), what);
  }

  titled = (user: string, title: string): Promise<Message> =>
    this.dm(user, `a message says ${title}`, ({ embeds }) => embeds[0]?.title === title);

  /** Like `dm`, of a message that is edited: its pause may begin late, so time goes on with every look. */
  edited(user: string, what: string, is: (message: Message) => boolean): Promise<Message> {
    return this.discord.world.until(() => {
      this.clock.advance(EDIT_MS);
      return this.discord.world.dms(user).find(is);
    }, what);
  }

  retitled = (user: string, title: string): Promise<Message> =>
    this.edited(user, `a message says ${title}`, ({ embeds }) => embeds[0]?.title === title);

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bot?.[Symbol.asyncDispose]();
    this.redis.disconnect();
    await this.trainer[Symbol.asyncDispose]();
    await this.discord[Symbol.asyncDispose]();
    await this.redisServer[Symbol.asyncDispose]();
  }
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const redisServer = options.redis ?? (await startRedis());
  const discord = await startDiscord(options.discord);
  discord.world.guilds.add(GUILD);
  discord.world.owner = options.owner ?? null;
  const world = new World(discord, redisServer, openRedis(redisServer.url), await startTrainer(), options);
  try {
    await world.restart();
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
  return world;
}

/** The value of a field of a message's first embed. */
export const field = ({ embeds }: Message, name: string): string | undefined =>
  embeds[0]?.fields.find((each) => each.name === name)?.value;
