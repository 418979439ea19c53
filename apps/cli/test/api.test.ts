import { containing, scratchPath, startRedis } from "@trainer/testing";
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

test("strangers are not let in without a key, and a file service is told to the API", async () => {
  const env = { APP__DATA_BANK_API_URL: "http://127.0.0.1:1", BIND_HOST: "0.0.0.0", REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stderr } = await trainer(["api", "--json"], { cwd: home, env });
  expect([code, stderr]).toEqual([1, containing("set SECURITY__API_KEY, or listen on 127.0.0.1")]);
});
