import { SystemInfo } from "@trainer/platform";
import { containing, scratchPath, startRedis } from "@trainer/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { commandLine } from "./command-line.js";
import { running } from "./serving.js";

const home = scratchPath("cli-api");
const { trainer } = commandLine(() => home);

test("api serves until it is stopped, by the configuration and the flags, and says where", async () => {
  await using server = await startRedis();
  const env = { REDIS_URL: server.url, APP__ARTIFACTS_ROOT: home, APP__DATA_ROOT: home, SECURITY__API_KEY: "s3cret" };
  const { io, ended, interrupt } = await running(["api", "--port", "0", "--host", "127.0.0.1"], env, home, /^redis/m);
  const [, url] = /^api +(http:\/\/127\.0\.0\.1:\d+)$/m.exec(io.stdout.text) ?? [];
  expect((await fetch(`${url}/runs`)).status).toBe(401);
  expect((await fetch(`${url}/runs`, { headers: { "x-api-key": "s3cret" } })).status).toBe(200);
  interrupt();
  expect(await ended).toBe(0);
  expect(io.stdout.text + io.stderr.text).not.toContain("s3cret");
});

test("what GET /system says of the settings has their places, and no secret", async () => {
  await using server = await startRedis();
  await using redis = Object.assign(new Redis(server.url), {
    async [Symbol.asyncDispose]() {
      await redis.quit();
    },
  });
  await redis.call("ACL", "SETUSER", "me", "on", ">S3CRET-d", "~*", "&*", "+@all");
  const secrets = { SECURITY__API_KEY: "S3CRET-a", APP__DATA_BANK_API_KEY: "S3CRET-b", HF_TOKEN: "S3CRET-c" };
  const addresses = {
    REDIS_URL: server.url.replace("//", "//me:S3CRET-d@"),
    APP__DATA_BANK_API_URL: "http://me:S3CRET-e@127.0.0.1:1/?token=S3CRET-f",
  };
  const env = { ...secrets, ...addresses, APP__ARTIFACTS_ROOT: home, APP__DATA_ROOT: home };
  const { io, ended, interrupt } = await running(["api", "--port", "0"], env, home, /^redis/m);
  const [, url] = /^api +(\S+)$/m.exec(io.stdout.text) ?? [];
  const text = await (await fetch(`${url}/system`, { headers: { "x-api-key": "S3CRET-a" } })).text();
  expect(text).not.toContain("S3CRET");
  const { settings } = SystemInfo.parse(JSON.parse(text));
  const shown = new Map(settings.map(({ name, value, source }) => [name, [value, source]]));
  for (const name of Object.keys(secrets)) expect(shown.get(name)).toEqual(["(hidden)", "the environment"]);
  expect(shown.get("APP__DATA_ROOT")).toEqual([home, "the environment"]);
  expect(shown.get("WORKER__TRAININGS")).toEqual([1, "default"]);
  interrupt();
  expect(await ended).toBe(0);
});

test("strangers are not let in without a key, and a file service is told to the API", async () => {
  const env = { APP__DATA_BANK_API_URL: "http://127.0.0.1:1", BIND_HOST: "0.0.0.0", REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stderr } = await trainer(["api", "--json"], { cwd: home, env });
  expect([code, stderr]).toEqual([1, containing("set SECURITY__API_KEY, or listen on 127.0.0.1")]);
});
