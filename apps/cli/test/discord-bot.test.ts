import { containing, freePort, matching } from "@trainer/testing";
import { startDiscord } from "@trainer/testing/discord";
import { startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandLine } from "./command-line.js";
import { running } from "./serving.js";

const OWNER = "987654321098765432";
const GUILD = "765432109876543210";
const KEY = "a-key";

let system: System;
beforeAll(async () => void (system = await startSystem({ apiKey: KEY })));
afterAll(() => system[Symbol.asyncDispose]());

const { trainer, json } = commandLine(() => system.root);
type Discord = Awaited<ReturnType<typeof startDiscord>>;
const environment = (discord: Discord) => ({
  DISCORD_TOKEN: discord.token,
  DISCORD_API_URL: discord.apiUrl,
  REDIS_URL: system.server.url,
  API_BASE_URL: system.url,
  SECURITY__API_KEY: KEY,
});

test("--check tries all that the bot needs, and says what is well", async () => {
  await using discord = await startDiscord();
  discord.world.guilds.add(GUILD);
  const env = { ...environment(discord), DISCORD_OWNER_ID: OWNER, DISCORD_GUILD_IDS: GUILD };
  const { code, last } = await json(["discord-bot", "--check"], { env });
  expect(last).toMatchObject({
    ok: true,
    checks: [
      { name: "Discord", status: "ok", value: containing("logged in as") },
      { name: "Owner", status: "ok", value: `obeys ${OWNER} alone, direct messages to ${OWNER}` },
      { name: `Server ${GUILD}`, status: "ok" },
      { name: "API", status: "ok", value: system.url },
      { name: "Redis", status: "ok" },
    ],
  });
  expect(code).toBe(0);
  expect(discord.world.globalCommands).toEqual([]); // it has changed nothing
});

test("--check says of each thing that is not well what to do, and shows no secret", async () => {
  await using discord = await startDiscord();
  const env = {
    ...environment(discord),
    DISCORD_OWNER_ID: discord.world.botId,
    DISCORD_GUILD_IDS: GUILD,
    SECURITY__API_KEY: "another",
    REDIS_URL: "redis://:pass@127.0.0.1:1/0",
  };
  const { code, stdout, stderr } = await trainer(["discord-bot", "--check"], { env });
  expect(code).toBe(1);
  expect(stdout).toContain("share a server with the bot");
  expect(stdout).toContain("Invite the bot: https://discord.com/oauth2/authorize?client_id=");
  expect(stdout).toContain("set MODEL_TRAINER_API_KEY");
  expect(stdout).toContain("REDIS_URL says where it is");
  expect(stderr).toContain("the bot cannot start so");
  for (const secret of ["pass@", "another", discord.token]) expect(stdout + stderr).not.toContain(secret);
});

test("--check tells an unknown token from a Discord that cannot be reached, and no API from one that is away", async () => {
  await using discord = await startDiscord();
  const { API_BASE_URL: _, ...without } = environment(discord);
  const unknown = { ...without, DISCORD_TOKEN: "MTEwMDAwMDAwMDAwMDAwMDAwMA.Gabc.other" };
  const first = await trainer(["discord-bot", "--check"], { env: unknown });
  expect(first.stdout).toContain("DISCORD_TOKEN is not valid");
  expect(first.stdout).toContain("Set API_BASE_URL");
  const nowhere = { ...without, DISCORD_API_URL: "http://127.0.0.1:1/api", API_BASE_URL: "http://127.0.0.1:1" };
  const second = await trainer(["discord-bot", "--check"], { env: nowhere });
  expect(second.stdout).toContain("is DISCORD_API_URL right?");
  expect(second.stdout).toContain("`trainer serve` or `trainer api` starts it");
  const open = { ...environment(discord), DISCORD_OWNER_ID: "everybody" };
  const everybody = await json(["discord-bot", "--check"], { env: open });
  const owner = { name: "Owner", status: "missing", value: containing("obeys everybody") };
  expect(everybody).toMatchObject({ code: 0, last: { checks: [{}, owner, {}, {}] } });
  const nobody = await trainer(["discord-bot", "--check"], { env: environment(discord) });
  expect(nobody).toMatchObject({ code: 1, stdout: containing("does not say whose application this is") });
});

test("the bot starts, says whom it obeys and where all is, and ends when it is stopped", async () => {
  await using discord = await startDiscord();
  const env = { ...environment(discord), DISCORD_OWNER_ID: OWNER };
  const { io, ended, interrupt } = await running(["discord-bot"], env, system.root, /^redis /m);
  expect(io.stdout.text).toMatch(
    new RegExp(`^bot {6}\\S+#\\d+\nobeys {4}${OWNER} alone\napi {6}${system.url}\nredis {4}redis://127`),
  );
  interrupt();
  expect(await ended).toBe(0);
  discord.world.owner = OWNER;
  const { API_BASE_URL: _, ...environs } = environment(discord);
  const alone = { ...environs, DISCORD_METRICS_PORT: String(await freePort()), BIND_HOST: "127.0.0.1" };
  const other = await running(["discord-bot", "--json"], alone, system.root, /\n/);
  expect(JSON.parse(other.io.stdout.text)).toMatchObject({
    obeys: `${OWNER} alone`,
    api: matching(/^none/),
    metrics: `http://127.0.0.1:${alone.DISCORD_METRICS_PORT}/metrics`,
  });
  other.interrupt();
  expect(await other.ended).toBe(0);
});

test("a bot that Discord shows out ends with the reason; one that it never knew does not start", async () => {
  await using discord = await startDiscord();
  discord.world.owner = OWNER;
  const { io, ended } = await running(["discord-bot"], environment(discord), system.root, /^redis /m);
  discord.gateway.drop(4004);
  expect(await ended).toBe(1);
  expect(io.stderr.text).toContain("Discord closed the connection for good (4004): is the token still valid?");
  const unknown = { ...environment(discord), DISCORD_TOKEN: "MTEwMDAwMDAwMDAwMDAwMDAwMA.Gabc.other" };
  for (const env of [unknown, { ...unknown, DISCORD_OWNER_ID: OWNER }]) {
    const { code, stderr } = await trainer(["discord-bot"], { env });
    expect([code, stderr]).toEqual([1, containing("Discord does not know this DISCORD_TOKEN")]);
  }
  const none = await trainer(["discord-bot"], { env: {} });
  expect(none.stderr).toContain("DISCORD_TOKEN: is required");
});
