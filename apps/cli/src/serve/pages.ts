import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Terminal } from "../display/terminal.js";
import type { TrainerConfig } from "./settings.js";

/** The pages of this installation, once they are built. */
export const INSTALLED = join(createRequire(import.meta.url).resolve("@trainer/web/package.json"), "../dist/pages");

/** Folder of the pages: the given one, else that of this installation; "" where they are not built. */
export const pagesRoot = ({ api }: Pick<TrainerConfig, "api">, installed = INSTALLED): string =>
  api.pagesRoot || (existsSync(join(installed, "index.html")) ? installed : "");

/** Where pages are, and the key that signs in there, if it is known. */
export interface PagesAccess {
  readonly url: string;
  readonly key: string | undefined;
}

/** Address that opens the pages signed in. */
export const signInLink = ({ url, key }: PagesAccess): string =>
  key === undefined ? `${url}/` : `${url}/?key=${encodeURIComponent(key)}`;

/** Address of the pages. Only a terminal is shown the key in it: what goes elsewhere may be kept as a log. */
export const pagesLink = (access: PagesAccess, { tty }: Pick<Terminal, "tty">): string =>
  tty ? signInLink(access) : `${access.url}/`;

/** The same as lines that are headed like the parts' own; none where there are no pages. */
export const pagesLines = (
  folder: string,
  access: PagesAccess,
  screen: Pick<Terminal, "tty">,
  width: number,
): string[] => (folder === "" ? [] : [`${"pages".padEnd(width)}${pagesLink(access, screen)}`]);
