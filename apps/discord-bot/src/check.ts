import { ServiceError, TrainerClient } from "@trainer/client";
import { withoutCredentials } from "@trainer/platform";
import { openRedis, REDIS_TIMEOUT_MS } from "@trainer/platform/redis";
import { DiscordAPIError, REST, Routes } from "discord.js";
import { z } from "zod";
import { findAccess } from "./access/find-access.js";
import type { BotConfig } from "./config.js";

/** One thing that the bot needs: what was found, and what to do where it is not well. */
export interface BotCheck {
  readonly name: string;
  readonly status: "ok" | "missing" | "failed";
  readonly value: string;
  readonly fix: string | null;
}

const PORTAL = "Discord's developer portal (https://discord.com/developers/applications)";

/** Tries all that the bot needs, without starting it or changing anything. */
export async function checkBot(config: BotConfig): Promise<BotCheck[]> {
  const rest = new REST({ api: config.discordUrl, retries: 0 }).setToken(config.token);
  const [token, applicationId] = await checkToken(rest);
  const discord = applicationId === null ? [] : await checkPlaces(rest, config, applicationId);
  return [token, ...discord, await checkApi(config.api), await checkRedis(config.redisUrl)];
}

const ok = (name: string, value: string): BotCheck => ({ name, status: "ok", value, fix: null });
const failed = (name: string, value: string, fix: string): BotCheck => ({ name, status: "failed", value, fix });
/** Its message alone. */
const messageOf = (error: unknown): string => String(error).replace(/^\w*Error(\[\w+\])?: /, "");

const User = z.object({ id: z.string(), username: z.string() });

async function checkToken(rest: REST): Promise<[BotCheck, string | null]> {
  try {
    const { id, username } = User.parse(await rest.get(Routes.user()));
    return [ok("Discord", `logged in as ${username}`), id];
  } catch (error) {
    const unauthorized = error instanceof DiscordAPIError && error.status === 401;
    const fix = unauthorized
      ? `DISCORD_TOKEN is not valid: on the page Bot of your application in ${PORTAL}, choose Reset Token.`
      : "Discord cannot be reached: is this machine allowed to connect to it, and is DISCORD_API_URL right?";
    return [failed("Discord", messageOf(error), fix), null];
  }
}

async function checkPlaces(rest: REST, config: BotConfig, applicationId: string): Promise<BotCheck[]> {
  const { guildIds, allowed } = config;
  const checks = [await checkOwner(rest, config)];
  const invite = `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=bot+applications.commands`;
  for (const guild of new Set([...guildIds, ...allowed.guilds])) {
    const see = () => rest.get(Routes.applicationGuildCommands(applicationId, guild));
    checks.push(await trying(`Server ${guild}`, "commands can be registered", see, `Invite the bot: ${invite}`));
  }
  return checks;
}

/** Whom the bot obeys, and whether the owner can be written to. */
async function checkOwner(rest: REST, config: BotConfig): Promise<BotCheck> {
  const fix = "Is DISCORD_OWNER_ID your own id, do you share a server with the bot, and may its members write to you?";
  try {
    const { owner, description } = await findAccess(rest, config);
    if (owner === null) {
      const fix = "Everybody who sees the bot can start runs. Without DISCORD_OWNER_ID it is yours alone.";
      return { name: "Owner", status: "missing", value: `obeys ${description}`, fix };
    }
    await rest.post(Routes.userChannels(), { body: { recipient_id: String(owner) } });
    return ok("Owner", `obeys ${description}, direct messages to ${owner}`);
  } catch (error) {
    return failed("Owner", messageOf(error), fix);
  }
}

async function trying(name: string, value: string, attempt: () => Promise<unknown>, fix: string): Promise<BotCheck> {
  try {
    await attempt();
    return ok(name, value);
  } catch (error) {
    return failed(name, messageOf(error), fix);
  }
}

async function checkApi({ url, key, timeoutMs }: BotConfig["api"]): Promise<BotCheck> {
  if (url === null) return failed("API", "not configured", "Set API_BASE_URL to where `trainer api` listens.");
  try {
    await new TrainerClient({ url, apiKey: key, timeoutMs, retries: 0 }).runs({ limit: 1 });
    return ok("API", withoutCredentials(url));
  } catch (error) {
    const unauthorized = error instanceof ServiceError && error.status === 401;
    const fix = unauthorized
      ? "The API wants a key: set MODEL_TRAINER_API_KEY to its SECURITY__API_KEY."
      : "Is it there? `trainer serve` or `trainer api` starts it; API_BASE_URL says where it is.";
    return failed("API", `${withoutCredentials(url)}: ${messageOf(error)}`, fix);
  }
}

async function checkRedis(url: string): Promise<BotCheck> {
  const redis = openRedis(url, { commandTimeoutMs: REDIS_TIMEOUT_MS });
  const { host } = new URL(url); // without the password
  const fix = "Is it there? `trainer serve` starts one; REDIS_URL says where it is.";
  try {
    return await trying("Redis", host, () => redis.ping(), fix);
  } finally {
    redis.disconnect();
  }
}
