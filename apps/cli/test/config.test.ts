import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { containing, scratchPath } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";

let cwd = "";
beforeAll(() => {
  cwd = scratchPath("cli-config");
  writeFileSync(join(cwd, ".env"), "SECURITY__API_KEY=s3cret\nRQ__RETRY_INTERVALS_SEC=5,60\n");
});
const { trainer, json } = commandLine(() => cwd);

test("config show prints every setting with its place, and no secret", async () => {
  const { code, stdout } = await trainer(["config", "show"], { cwd, env: { APP__THREADS: "2" } });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^APP__THREADS +2 +the environment$/m);
  expect(stdout).toMatch(/^RQ__RETRY_INTERVALS_SEC +5, 60 +\.env:2$/m);
  expect(stdout).toMatch(/^SECURITY__API_KEY +"\(hidden\)" +\.env:1$/m);
  expect(stdout).toMatch(/^PORT +8000 +default$/m);
  expect(stdout).not.toContain("s3cret");
});

test("config show --json is the same for a script", async () => {
  const { last } = await json(["config", "show"], { cwd });
  expect(JSON.stringify(last)).toContain('{"name":"PORT","toml":"port","value":8000,"source":"default"}');
});

test("config show names what is wrong", async () => {
  const { code, stderr } = await trainer(["config", "show"], { cwd, env: { PORT: "eighty" } });
  expect([code, stderr]).toEqual([1, containing('PORT = "eighty" (the environment): must be a port')]);
});

/** Settings that serve changes for its parts, by name. */
async function served(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { last } = await json([...args, "config", "show"], { cwd: scratchPath("cli-config-served"), env });
  const { serve } = Shown.parse(last);
  const { API__PAGES_ROOT: _, ...settings } = Object.fromEntries(serve.map(({ name, value }) => [name, value]));
  return settings; // pages may be built or not
}
const Shown = z.object({ serve: z.array(z.object({ name: z.string(), value: z.unknown() })) });

test("config show says what serve goes by: its own home, Redis, file service and keys", async () => {
  expect(await served(["--home", "/srv/trainer"], { APP__DATA_ROOT: "/elsewhere" })).toEqual({
    REDIS__URL: null,
    APP__DATA_ROOT: "/srv/trainer",
    APP__ARTIFACTS_ROOT: "/srv/trainer",
    APP__DATA_BANK_API_URL: "http://127.0.0.1:8001",
    APP__DATA_BANK_API_KEY: "(hidden)",
    SECURITY__API_KEY: "(hidden)",
  });
  const { stdout } = await trainer(["--home", "/srv/trainer", "config", "show"], { cwd });
  expect(stdout).toMatch(/^REDIS__URL +\(its own\) +a Redis of its own/m);
  expect(stdout).toMatch(/^APP__DATA_ROOT +"\/srv\/trainer" +the home/m);
  expect(stdout).toContain("`trainer api` and `trainer worker`, each started alone, go by the first list.");
});

test("what is given to serve is not said to be its own", async () => {
  const given = {
    REDIS_URL: "redis://:pw@cache:1/0",
    APP__DATA_BANK_API_URL: "http://files:9",
    APP__DATA_BANK_API_KEY: "k",
    SECURITY__API_KEY: "k",
    API__PAGES_ROOT: "/pages",
  };
  const home = { APP__DATA_ROOT: "/h", APP__ARTIFACTS_ROOT: "/h" };
  expect(await served(["--home", "/h"], given)).toEqual(home);
  expect(await served(["--home", "/h"], { ...given, ...home })).toEqual({});
  const { stdout } = await trainer(["--home", "/h", "config", "show"], { cwd, env: { ...given, ...home } });
  expect(stdout).toContain("`trainer serve` starts its API and its worker with the same.");
});

test("the address of a file service on any port is known once it is started", async () => {
  expect(await served([], { DATA_BANK_PORT: "0" })).toMatchObject({ APP__DATA_BANK_API_URL: null });
});
