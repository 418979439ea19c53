import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { AppError, isLoopback, withoutCredentials } from "@trainer/platform";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../framework/define-command.js";
import type { Io } from "../process/io.js";
import type { Output } from "../display/output.js";
import { keepUp } from "../serve/keep-up.js";
import { keysFile } from "../serve/keys.js";
import { makeHome } from "../serve/make-home.js";
import { serveFile, serveHome } from "../serve/one-per-home.js";
import { pagesLines, pagesRoot } from "../serve/pages.js";
import type { Place } from "../serve/part.js";
import { loadConfig, type LoadedConfig } from "../serve/settings.js";
import { settingsHere } from "../serve/settings-here.js";
import { tellStalePages } from "../serve/stale-pages.js";

const port = z.int().min(0).max(65_535).optional();
const Options = z.strictObject({
  host: z.string().min(1).optional().meta({ description: "address to listen on: BIND_HOST, or this machine alone" }),
  port: port.meta({ description: "of the API: PORT, or 8000; 0 takes one that is free" }),
  dataBankPort: port.meta({ description: "of the file service: DATA_BANK_PORT, or 8001" }),
  logs: z.boolean().default(false).meta({ description: "log records of all parts on stderr too" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Starts everything on this machine and keeps it up until it is stopped: Redis (the one of REDIS_URL, if there is " +
      "one), the file service, the worker and the API. All they keep is in the home; where they are is in serve.json " +
      "there, and their logs in logs/. Keys come from SECURITY__API_KEY and API_UPLOAD_KEYS; where there are none, they " +
      "are made and kept in keys.json. Other settings: `trainer config show`.",
    args: {},
    options: Options,
    usesLibtorch: true,
    examples: {
      "trainer serve": "the API on port 8000, for this machine",
      "trainer serve --port 8100 --home /srv/trainer": "elsewhere",
      "REDIS_URL=redis://cache:6379/0 SECURITY__API_KEY=… trainer serve --host 0.0.0.0 --logs": "in a container",
    },
    async run({ options, home: named, io, out }) {
      const home = resolve(io.cwd, named);
      const flags = asVariables(options);
      const loaded = loadConfig({ env: { ...io.env, ...flags }, cwd: io.cwd });
      refuseStrangers(loaded, home);
      await makeHome(home);
      using served = serveHome(home);
      const { cwd } = io;
      const pages = pagesRoot(loaded.config);
      const given = Object.fromEntries(Object.keys(flags).map((name) => [name, "a flag of trainer serve"]));
      const settings = settingsHere(loaded, { home, cwd, pages, by: "trainer serve", given });
      const ports = { api: "exactly", dataBank: "exactly" } as const;
      await keepUp(served, { loaded, home, cwd, pages, settings, ports, bot: true }, io, {
        note: out.note,
        warn: out.warn,
        log: (line) => options.logs && out.warn(line),
        up: (name, place, ms) => isUp(out, name, place, ms),
        async ready(api) {
          const links = pagesLines(pages, api, out.screen, NAME);
          out.result({ ready: true, addresses: serveFile(home) }, () => {
            const openai = `${"openai".padEnd(NAME)}${api.url}/v1  every finished run, for OpenAI's clients`;
            return [...links, openai, ...facts(loaded, home)].join("\n");
          });
          await tellStalePages(pages, out);
        },
      });
    },
  });
}

/** A system that others reach has keys that were chosen for it, or that its owner has had the time to look at. */
function refuseStrangers({ config: { bindHost, security } }: LoadedConfig, home: string): void {
  if (isLoopback(bindHost) || security.apiKey !== "" || existsSync(keysFile(home))) return;
  throw new AppError(
    "CONFIG_ERROR",
    `listening on ${bindHost} lets other machines in, and no key was given: set SECURITY__API_KEY (and API_UPLOAD_KEYS), ` +
      `or start once on this machine alone, without --host, which makes keys in ${keysFile(home)}`,
  );
}

const asVariables = ({ host, port, dataBankPort }: z.output<typeof Options>): Io["env"] => ({
  ...(host === undefined ? {} : { BIND_HOST: host }),
  ...(port === undefined ? {} : { PORT: String(port) }),
  ...(dataBankPort === undefined ? {} : { DATA_BANK_PORT: String(dataBankPort) }),
});

function isUp(out: Output, name: string, { url, pid }: Place, ms: number): void {
  const known = url === undefined ? null : withoutCredentials(url);
  const shown = url === undefined ? `pid ${pid}` : (new URL(url).searchParams.get("path") ?? String(known));
  out.result({ part: name, url: known, pid, ready_ms: Math.round(ms) }, () =>
    [name.padEnd(NAME), shown.padEnd(26), ` ready in ${Math.round(ms)} ms`].join(""),
  );
}

const NAME = 13;

const facts = ({ config }: LoadedConfig, home: string): string[] => [
  `${"addresses".padEnd(NAME)}${serveFile(home)}`,
  `${"logs".padEnd(NAME)}${join(home, "logs")}`,
  `${"key".padEnd(NAME)}${
    config.security.apiKey === "" ? `api_key in ${keysFile(home)}` : "the given SECURITY__API_KEY"
  }: clients of the API show it as X-API-Key, or as a bearer`,
];
