import { envField, readConfig, type Env } from "@trainer/platform";
import { z } from "zod";

const text = z.string().trim();
const web = z.url({ protocol: /^https?$/, error: "must be http://… or https://…" }).transform(withoutSlash);
const ID_RULE = "must be an id of 17 to 20 digits (Discord: Developer Mode, Copy ID)";
const OWNER_RULE = `${ID_RULE}, or the word everybody`;
const snowflake = text.regex(/^\d{17,20}$/, ID_RULE);
const positive = envField.count.refine((value) => value > 0, "must be at least 1");

const Schema = z
  .object({
    DISCORD_TOKEN: z
      .string({ error: "is required: the token on the page Bot of your application in Discord's developer portal" })
      .trim()
      .refine((token) => !/^bot\s/i.test(token), 'must be the token alone: take away "Bot " before it')
      .refine((token) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token), "is not a bot's token: three parts with dots between"),
    /** The one whom the bot obeys, in direct messages; unset: whom the application belongs to. */
    DISCORD_OWNER_ID: z.union([z.literal("everybody"), snowflake.transform(BigInt)], { error: OWNER_RULE }).optional(),
    /** Further users, in direct messages; and servers whose members it obeys there. */
    DISCORD_ALLOWED_USER_IDS: envField.list.pipe(z.array(snowflake.transform(BigInt))).default([]),
    DISCORD_ALLOWED_GUILD_IDS: envField.list.pipe(z.array(snowflake)).default([]),
    /** Most trainings that a user may have queued or running; 0: any number. */
    DISCORD_TRAININGS_PER_USER: envField.count.default(3),
    DISCORD_GUILD_ID: envField.list.pipe(z.array(snowflake)).default([]),
    DISCORD_GUILD_IDS: envField.list.pipe(z.array(snowflake)).default([]),
    COMMANDS_SYNC_GLOBAL: envField.flag.default(false),
    /** Another way to Discord's API than the direct one. */
    DISCORD_API_URL: web.default("https://discord.com/api"),
    REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be redis://… or rediss://…" }).optional(),
    REDIS__URL: z.url({ protocol: /^rediss?$/, error: "must be redis://… or rediss://…" }).optional(),
    API_GATEWAY_URL: web.optional(),
    API_BASE_URL: web.optional(),
    MODEL_TRAINER_API_URL: web.optional(),
    MODEL_TRAINER_API_KEY: text.optional(),
    /** The API's own name for its key, where both have one environment. */
    SECURITY__API_KEY: text.default(""),
    MODEL_TRAINER_API_TIMEOUT_SECONDS: envField.amount.default(10),
    /** Retries of a request to the API. */
    MODEL_TRAINER_API_MAX_RETRIES: envField.count.default(1),
    MODEL_TRAINER_RATE_LIMIT: positive.default(1),
    MODEL_TRAINER_RATE_WINDOW_SECONDS: envField.amount.default(10),
    /** Port of metrics, at `/metrics`; 0: none. Where it listens, and by which names it is reached. */
    DISCORD_METRICS_PORT: envField.count.refine((port) => port <= 65_535, "must be a port: 0 to 65535").default(0),
    BIND_HOST: text.default("127.0.0.1"),
    PUBLIC_HOSTS: envField.list.default([]),
    LOG_LEVEL: text
      .toLowerCase()
      .pipe(z.enum(["debug", "info", "warn", "error", "fatal"]))
      .catch("info"),
  })
  .transform((env) => ({
    token: env.DISCORD_TOKEN,
    /** Null: whom the application belongs to. */
    ownerId: env.DISCORD_OWNER_ID ?? null,
    allowed: { users: env.DISCORD_ALLOWED_USER_IDS, guilds: env.DISCORD_ALLOWED_GUILD_IDS },
    trainingsPerUser: env.DISCORD_TRAININGS_PER_USER,
    guildIds: [...new Set([...env.DISCORD_GUILD_ID, ...env.DISCORD_GUILD_IDS])],
    syncGlobal: env.COMMANDS_SYNC_GLOBAL,
    discordUrl: env.DISCORD_API_URL,
    redisUrl: env.REDIS_URL ?? env.REDIS__URL ?? "redis://127.0.0.1:6379/0",
    api: {
      /** Null: commands say that there is none. */
      url: gateway(env.API_GATEWAY_URL) ?? env.API_BASE_URL ?? env.MODEL_TRAINER_API_URL ?? null,
      key: env.MODEL_TRAINER_API_KEY ?? env.SECURITY__API_KEY,
      timeoutMs: env.MODEL_TRAINER_API_TIMEOUT_SECONDS * 1000,
      retries: env.MODEL_TRAINER_API_MAX_RETRIES,
    },
    rate: { limit: env.MODEL_TRAINER_RATE_LIMIT, windowMs: env.MODEL_TRAINER_RATE_WINDOW_SECONDS * 1000 },
    metrics: { port: env.DISCORD_METRICS_PORT, bindHost: env.BIND_HOST, publicHosts: env.PUBLIC_HOSTS },
    logLevel: env.LOG_LEVEL,
  }));

export type BotConfig = z.output<typeof Schema>;

/** @throws AppError CONFIG_ERROR, which names every variable that is wrong, and not its value */
export const botConfig = (env: Env): BotConfig => readConfig(Schema, env);

function withoutSlash(url: string): string {
  return url.replace(/(?<!\/)\/+$/, "");
}

const gateway = (url: string | undefined) => (url === undefined ? undefined : `${url}/trainer`);
