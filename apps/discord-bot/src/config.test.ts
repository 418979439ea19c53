import { expect, test } from "vitest";
import { botConfig } from "./config.js";

const DISCORD_TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GabcDE.abc";
const read = (env: Record<string, string>) => botConfig({ DISCORD_TOKEN, ...env });

test("Redis and the API are found by any of the names they have", () => {
  expect(read({}).redisUrl).toBe("redis://127.0.0.1:6379/0");
  expect(read({ REDIS__URL: "redis://two:1" }).redisUrl).toBe("redis://two:1");
  expect(read({ REDIS__URL: "redis://two:1", REDIS_URL: "redis://one:1" }).redisUrl).toBe("redis://one:1");
  expect(read({}).api).toMatchObject({ url: null, key: "", retries: 1, timeoutMs: 10_000 });
  expect(read({ MODEL_TRAINER_API_URL: "http://c/" }).api.url).toBe("http://c");
  expect(read({ MODEL_TRAINER_API_URL: "http://c", API_BASE_URL: "http://b" }).api.url).toBe("http://b");
  expect(read({ API_BASE_URL: "http://b", API_GATEWAY_URL: "http://a/" }).api.url).toBe("http://a/trainer");
  expect(read({ SECURITY__API_KEY: "k" }).api.key).toBe("k");
  expect(read({ SECURITY__API_KEY: "k", MODEL_TRAINER_API_KEY: "m" }).api.key).toBe("m");
});

test("servers are named by either variable, once each", () => {
  const [one, two] = ["765432109876543210", "765432109876543211"];
  expect(read({ DISCORD_GUILD_ID: one, DISCORD_GUILD_IDS: `${one}, ${two}` }).guildIds).toEqual([one, two]);
});

test.each([
  [{ DISCORD_TOKEN: `Bot ${DISCORD_TOKEN}` }, 'must be the token alone: take away "Bot " before it'],
  [{ DISCORD_TOKEN: "abc" }, "is not a bot's token"],
  [
    { DISCORD_OWNER_ID: "me" },
    "must be an id of 17 to 20 digits (Discord: Developer Mode, Copy ID), or the word everybody",
  ],
  [{ REDIS_URL: "localhost" }, "must be redis://"],
  [{ API_BASE_URL: "localhost:8000" }, "must be http://"],
  [{ MODEL_TRAINER_RATE_LIMIT: "0" }, "must be at least 1"],
])("%j is refused by name, and its value is not shown", (env, message) => {
  const [[name, value] = []] = Object.entries(env);
  expect(() => read(env)).toThrow(`${name}: ${message}`);
  expect(() => read(env)).not.toThrow(`"${value}"`);
});
