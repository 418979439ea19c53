import { resolve } from "node:path";
import { namesIn } from "@trainer/disk";
import { AppError } from "@trainer/platform";
import { openHome } from "@trainer/training/files";
import type { Command } from "commander";
import { z } from "zod";
import { ProgressLine } from "../display/progress-line.js";
import type { Output } from "../display/output.js";
import { defineCommand } from "../framework/define-command.js";
import type { Io } from "../process/io.js";
import { browserOpener, openInBrowser, overSsh, type Opener } from "../serve/browser.js";
import { keepUp, type Face } from "../serve/keep-up.js";
import { keysFile } from "../serve/keys.js";
import { makeHome } from "../serve/make-home.js";
import { serveFile } from "../serve/one-per-home.js";
import { ownConfig } from "../serve/own-settings.js";
import { pagesLink, pagesRoot, signInLink, type PagesAccess } from "../serve/pages.js";
import { settingsHere } from "../serve/settings-here.js";
import { tellStalePages } from "../serve/stale-pages.js";
import { pagesOrHome } from "../services/served-elsewhere.js";

const Options = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .meta({ description: "of the pages, this one or none: without it PORT, or 8000, or where that is taken, any" }),
  open: z.boolean().default(true).meta({ description: "leave the browser alone, and print the address" }),
});

export function define(command: Command, io: Io, pagesOf = pagesRoot): void {
  defineCommand(command, io, {
    description:
      "Opens the pages in your browser: train on a text, watch, compare, and let your models write, talk and score. They " +
      "show all runs of the home, those of the command line too, and are there until Ctrl-C. A training that is under way " +
      "then is saved, and goes on when they are opened again. Where the home's pages are there already, those are opened. " +
      "Only this machine reaches them; for other machines and for programs there is `trainer serve`.",
    args: {},
    options: Options,
    usesLibtorch: true,
    examples: {
      "trainer ui": "the pages of the runs in ./runs",
      "trainer ui --home ~/models": "of those in another folder",
      "trainer ui --no-open --port 8100": "prints the address, always the same one",
      "ssh -t -L 8100:127.0.0.1:8100 you@server trainer ui --port 8100":
        "of another machine: open the address that it prints here",
    },
    async run({ options, home: named, io, out }) {
      const home = resolve(io.cwd, named);
      const { port } = options;
      const { cwd } = io;
      const { loaded, given } = ownConfig(io, port);
      const pages = pagesOf(loaded.config);
      if (pages === "")
        throw new AppError("CONFIG_ERROR", "the pages are not built: run `npm run bootstrap` in the project's folder");
      await makeHome(home);
      const show: Show = { home, io, out, opener: openerOf(options.open, io, out) };
      const { apiKey: key } = loaded.config.security;
      const waiting = () => out.note(`another process serves ${home}: waiting for its pages, or for its end`);
      const found = await io.interruptible((signal) => pagesOrHome({ home, key, waiting }, signal));
      if (found.pages !== null)
        return await io.interruptible((signal) => opened(found.pages, AS_LONG_AS_THEY, show, signal));
      using served = found.own;
      await tellStalePages(pages, out);
      const ports = { api: port === undefined ? "preferably" : "exactly", dataBank: "preferably" } as const;
      const settings = settingsHere(loaded, { home, cwd, pages, by: "trainer ui", given });
      await keepUp(served, { loaded, home, cwd, pages, settings, ports, bot: false }, io, face(show));
    },
  });
}

interface Show {
  readonly home: string;
  readonly io: Io;
  readonly out: Output;
  readonly opener: Opener | null;
}

/** A browser is opened for somebody who sits at a terminal of this machine. */
const openerOf = (wanted: boolean, { env }: Io, { json, screen }: Output): Opener | null =>
  wanted && !json && screen.tty ? browserOpener(process.platform, env) : null;

/** Parts of the system, for the gauge: Redis, the file service, the worker and the API. */
const PARTS = 4;

const AS_LONG_AS_THEY = "Another process serves them, and they are there for as long as it is.";
const UNTIL_STOPPED =
  "They are there until Ctrl-C. A training that is under way then is saved, and goes on when they are opened again.";

/** One line while it starts, and then the address. */
function face(show: Show): Face {
  const { io, out } = show;
  const line = new ProgressLine(io, out);
  let starting = 0; // parts that are up, of those that are started
  const started = (parts: number) => {
    starting = parts;
    if (out.progressScreen.live) line.update("starting", starting / PARTS);
    else if (starting === 0) out.note("starting");
  };
  const say = (tell: (text: string) => void) => (text: string) => {
    line.clear();
    tell(text);
  };
  started(0);
  return {
    note: say(out.note),
    warn: say(out.warn),
    log() {
      // they are in logs/ in the home
    },
    up: () => starting + 1 < PARTS && started(starting + 1),
    async ready(api, signal) {
      starting = PARTS;
      line.clear();
      await opened(api, UNTIL_STOPPED, show, signal);
    },
  };
}

/** Says where the pages are, and opens them. */
async function opened(access: PagesAccess, howLong: string, { home, io, out, opener }: Show, signal: AbortSignal) {
  const { models } = openHome(home);
  const runs = (await namesIn(models)).length;
  const facts = {
    pages: pagesLink(access, out.screen),
    runs: `${runs === 0 ? "none yet" : runs} in ${home}`,
    ...(out.screen.tty ? {} : { key: `the pages ask for it: api_key in ${keysFile(home)}` }),
  };
  out.result({ ready: true, url: `${access.url}/`, home, addresses: serveFile(home) }, () =>
    Object.entries(facts)
      .map(([name, fact]) => `${name.padEnd(NAME)}${fact}`)
      .join("\n"),
  );
  out.note(howLong);
  if (overSsh(io.env)) {
    const { port } = new URL(access.url);
    out.note(`On the machine before you, ssh -N -L ${port}:127.0.0.1:${port} HOST makes that address lead here.`);
  }
  if (opener === null) return;
  const isOpen = await openInBrowser(signInLink(access), opener, { env: io.env, signal });
  if (!isOpen && !signal.aborted) out.note("No browser could be opened: open the address above in one.");
}

const NAME = 7;
