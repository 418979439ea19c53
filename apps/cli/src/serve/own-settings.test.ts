import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { ownConfig } from "./own-settings.js";

test("it listens to this machine alone, whatever is set, at the port that is asked for", () => {
  const cwd = scratchPath("own");
  const { loaded, given } = ownConfig({ env: { BIND_HOST: "0.0.0.0", PORT: "8100" }, cwd });
  expect([loaded.config.bindHost, loaded.config.port]).toEqual(["127.0.0.1", 8100]);
  expect(Object.keys(given)).toEqual(["BIND_HOST", "APP__CLEANUP__ENABLED"]);
  const asked = ownConfig({ env: { PORT: "8100" }, cwd }, 8200);
  expect([asked.loaded.config.port, asked.given["PORT"]]).toEqual([8200, "a flag of trainer ui"]);
});

test("runs stay in the home, unless that is set", () => {
  const cwd = scratchPath("own");
  const enabled = (env: Record<string, string>) => ownConfig({ env, cwd }).loaded.config.app.cleanup.enabled;
  expect([enabled({}), enabled({ APP__CLEANUP__ENABLED: "true" })]).toEqual([false, true]);
  writeFileSync(join(cwd, ".env"), "APP__CLEANUP__ENABLED=true\n");
  expect(enabled({})).toBe(true);
});
