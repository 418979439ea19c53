import { DEFAULT_SOURCE, loadConfig, type SettingSource } from "@trainer/platform";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import type { Style } from "../display/style.js";
import { table } from "../display/table.js";
import type { Io } from "../io.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Prints every setting of the services, and where it was set: in the environment, else in .env, else in " +
      "config/app.toml (or the file that APP_CONFIG_FILE names), else nowhere. Secrets are hidden. What is wrong is named. " +
      "config/app.example.toml and .env.example explain each.",
    args: {},
    options: z.strictObject({}),
    examples: {
      "trainer config show": "what `trainer serve`, `api` and `worker` would go by here",
      "APP__THREADS=2 trainer config show --json": "the same for a script",
    },
    async run({ io, out }) {
      const { sources } = loadConfig({ env: io.env, cwd: io.cwd });
      const settings = sources.map(({ env, toml, value, source }) => ({ name: env[0], toml, value, source }));
      out.result({ settings }, () => lines(sources, out.paint).join("\n"));
    },
  });
}

function lines(sources: readonly SettingSource[], paint: Style): string[] {
  const rows = sources.map(({ env, value, source }) => [String(env[0]), written(value), source]);
  return table(rows).map((line, index) => (rows[index]?.[2] === DEFAULT_SOURCE ? paint.dim(line) : line));
}

const written = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : JSON.stringify(value));
