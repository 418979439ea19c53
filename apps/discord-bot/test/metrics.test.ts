import { createServer } from "node:net";
import { once } from "node:events";
import { freePort } from "@trainer/testing";
import { ask } from "@trainer/testing/api";
import { expect, test } from "vitest";
import { z } from "zod";
import { botConfig } from "../src/config.js";
import { startWorld, USER } from "./world.js";

const Address = z.object({ port: z.int() });

const sample = async (url: string, name: string) =>
  (await ask(url)).text
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);

test("what the bot does stands in its metrics: commands, the gateway, the runs that it follows", async () => {
  const port = await freePort();
  await using world = await startWorld({ env: { DISCORD_METRICS_PORT: String(port), MODEL_TRAINER_RATE_LIMIT: "99" } });
  const url = `http://127.0.0.1:${port}/metrics`;
  expect(world.bot?.metricsUrl).toBe(url);
  const use = (sub: string, options: Record<string, string | number>) =>
    world.discord.invoke({ user: USER, command: "trainer", sub, options }).reply();
  world.trainer.answer("GET /runs", { runs: [], next: null });
  await use("runs", {});
  await use("status", { run_id: "no-such-run" });
  expect(await sample(url, 'discord_bot_commands_total{command="runs",outcome="done"}')).toBe("1");
  expect(await sample(url, 'discord_bot_commands_total{command="status",outcome="refused"}')).toBe("1");
  expect(await sample(url, 'discord_bot_command_seconds_count{command="runs"}')).toBe("1");
  expect(await sample(url, "discord_bot_gateway_up")).toBe("1");
  expect(await sample(url, "discord_bot_runs_followed")).toBe("0");
  await world.redisServer.kill();
  await expect.poll(async () => Number(await sample(url, "discord_bot_redis_reconnects_total"))).toBeGreaterThan(0);
  await world.redisServer.start();
  expect((await ask(`http://127.0.0.1:${port}/healthz`)).json).toEqual({ status: "ok" });
});

test("a port of metrics that is taken keeps the bot from starting, by one sentence", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const port = String(Address.parse(other.address()).port);
  await expect(startWorld({ env: { DISCORD_METRICS_PORT: port } })).rejects.toThrow(
    `DISCORD_METRICS_PORT: port ${port} of 127.0.0.1 is taken`,
  );
  await new Promise((closed) => other.close(closed));
});

test("a port of metrics is a port", () => {
  const env = { DISCORD_TOKEN: "a.b.c", DISCORD_METRICS_PORT: "70000" };
  expect(() => botConfig(env)).toThrow("DISCORD_METRICS_PORT: must be a port");
  expect(botConfig({ DISCORD_TOKEN: "a.b.c" }).metrics).toEqual({ port: 0, bindHost: "127.0.0.1", publicHosts: [] });
});
