import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { scratch } from "../../../test/scratch.js";
import { commandLine } from "./command-line.js";
import { containing } from "../../../test/matching.js";

let cwd = "";
beforeAll(() => {
  cwd = scratch("cli-config");
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
