import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { namedPlugins } from "./plugins.js";

test("plugins are named in the environment or a file, and read where other settings are wrong", () => {
  const cwd = scratchPath("config");
  mkdirSync(join(cwd, "config"));
  const toml = (text: string) => writeFileSync(join(cwd, "config", "app.toml"), text);
  toml('plugins = ["./mine", "theirs"]\nport = "eighty"');
  expect(namedPlugins({ env: {}, cwd })).toEqual(["./mine", "theirs"]);
  expect(namedPlugins({ env: { PLUGINS: "ours, theirs" }, cwd })).toEqual(["ours", "theirs"]);
  toml("plugins = 3");
  expect(() => namedPlugins({ env: {}, cwd })).toThrow("plugins = 3 (config/app.toml:1): must be a list of texts");
});
