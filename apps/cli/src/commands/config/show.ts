import { resolve } from "node:path";
import { DEFAULT_SOURCE, type SettingSource } from "@trainer/platform";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import type { Style } from "../../display/style.js";
import { table } from "../../display/table.js";
import type { Io } from "../../process/io.js";
import { pagesRoot } from "../../serve/pages.js";
import { servedSettings, type ServedSetting } from "../../serve/served-settings.js";
import { loadConfig } from "../../serve/settings.js";
import { shownSettings } from "../../serve/shown-settings.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Prints every setting of the services, and where it was set: in the environment, else in .env, else in " +
      "config/app.toml (or the file that APP_CONFIG_FILE names), else nowhere; and what `trainer serve` gives its parts in " +
      "place of some of them. Secrets are hidden. What is wrong is named. " +
      "config/app.example.toml and .env.example explain each.",
    args: {},
    options: z.strictObject({}),
    examples: {
      "trainer config show": "what `trainer api`, `worker` and `serve` would go by here",
      "APP__THREADS=2 trainer config show --json": "the same for a script",
    },
    async run({ io, out, home: named }) {
      const loaded = loadConfig({ env: io.env, cwd: io.cwd });
      const settings = shownSettings(loaded.sources);
      const serve = servedSettings(loaded, resolve(io.cwd, named), io.cwd, pagesRoot(loaded.config));
      out.result({ settings, serve }, () =>
        [...lines(loaded.sources, out.paint), "", ...servedLines(serve), "", ALONE].join("\n"),
      );
    },
  });
}

const ALONE =
  "`trainer api` and `trainer worker`, each started alone, go by the first list. `trainer data-bank` goes by its own\n" +
  "variables (services/data-bank/README.md), and so does `trainer discord-bot` (docs/discord.md).";

function lines(sources: readonly SettingSource[], paint: Style): string[] {
  const rows = sources.map(({ env, value, source }) => [String(env[0]), written(value), source]);
  return table(rows).map((line, index) => (rows[index]?.[2] === DEFAULT_SOURCE ? paint.dim(line) : line));
}

function servedLines(served: readonly ServedSetting[]): string[] {
  if (served.length === 0) return ["`trainer serve` starts its API and its worker with the same."];
  const rows = served.map(({ name, value, why }) => [name, value === null ? "(its own)" : written(value), why]);
  return ["`trainer serve` starts its API and its worker with these in their place:", ...table(rows)];
}

const written = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : JSON.stringify(value));
