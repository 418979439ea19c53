import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { makeFolder } from "@trainer/disk";
import { AppError, isLoopback, withoutCredentials, type ShownSetting } from "@trainer/platform";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../framework/define-command.js";
import type { Io } from "../process/io.js";
import type { Output } from "../display/output.js";
import { gone } from "../serve/wait-for-exit.js";
import { keysFile, openKeys } from "../serve/keys.js";
import { serveFile, serveHome } from "../serve/one-per-home.js";
import { pagesLink, pagesRoot } from "../serve/pages.js";
import type { Place } from "../serve/part.js";
import { Parts } from "../serve/parts.js";
import { servedSettings } from "../serve/served-settings.js";
import { loadConfig, type LoadedConfig } from "../serve/settings.js";
import { shownSettings } from "../serve/shown-settings.js";
import { startSystem } from "../serve/system.js";
import { untilAborted } from "../process/until-aborted.js";

const port = z.int().min(0).max(65_535).optional();
const Options = z.strictObject({
  host: z.string().min(1).optional().meta({ description: "address to listen on: BIND_HOST, or this machine alone" }),
  port: port.meta({ description: "of the API: PORT, or 8000; 0 takes one that is free" }),
  dataBankPort: port.meta({ description: "of the file service: DATA_BANK_PORT, or 8001" }),
  logs: z.boolean().default(false).meta({ description: "log records of all parts on stderr too" }),
});

const PACE = { firstMs: 500, longestMs: 30_000, settledMs: 10_000, lifeMs: 10_000 };

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Starts everything on this machine and keeps it up until it is stopped: Redis (the one of REDIS_URL, if there is " +
      "one), the file service, the worker and the API. All they keep is in the home; where they are is in serve.json " +
      "there, and their logs in logs/. Keys come from SECURITY__API_KEY and API_UPLOAD_KEYS; where there are none, they " +
      "are made and kept in keys.json. Other settings: `trainer config show`.",
    args: {},
    options: Options,
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
      await makeFolder(home, { mode: 0o700 }); // it holds what clients send and ask
      using served = serveHome(home);
      await gone(served.leftBehind);
      const keys = openKeys(home);
      const troubles = new Map<string, string>();
      const parts = new Parts(join(home, "logs"), {
        pace: PACE,
        log: (line) => options.logs && out.warn(line),
        up(name, place, ms) {
          troubles.delete(name);
          isUp(out, name, place, ms);
        },
        down(name, why, ms) {
          if (troubles.get(name) === why) return; // reported already
          troubles.set(name, why);
          out.warn(
            `${name} is down: ${why}\n  starting it again in ${ms / 1000} s, and from then on less and less often`,
          );
        },
        moved: (places) => served.tell(places),
      });
      await io.interruptible(async (signal) => {
        try {
          const pages = pagesRoot(loaded.config);
          const settings = shownHere(loaded, { home, cwd: io.cwd, pages, flags });
          const setup = { loaded, home, cwd: io.cwd, keys, pages, settings, note: out.note };
          const api = await startSystem(setup, parts, signal);
          const links = pagesLink(pages, api, out.screen).map((link) => `${"pages".padEnd(NAME)}${link}`);
          out.result({ ready: true, addresses: serveFile(home) }, () => [...links, ...facts(loaded, home)].join("\n"));
          await untilAborted(signal);
        } finally {
          if (signal.aborted)
            out.note("stopping: what is at work comes to a point where it can go on (again: at once)");
          await io.interruptible((hurry) => parts.stop(hurry));
        }
        out.note("stopped");
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

interface Here {
  readonly home: string;
  readonly cwd: string;
  readonly pages: string;
  /** Variables that flags have set. */
  readonly flags: Io["env"];
}

/** All settings as the parts have them, and where they come from. */
function shownHere(loaded: LoadedConfig, { home, cwd, pages, flags }: Here): ShownSetting[] {
  const sources = loaded.sources.map((each) =>
    String(each.env[0]) in flags ? Object.assign({}, each, { source: "a flag of trainer serve" }) : each,
  );
  return shownSettings(sources, servedSettings(loaded, home, cwd, pages));
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
  }: clients of the API show it as X-API-Key`,
];
