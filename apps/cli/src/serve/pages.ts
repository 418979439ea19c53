import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Terminal } from "../display/terminal.js";
import type { TrainerConfig } from "./settings.js";
import type { ApiAccess } from "./system.js";

const INSTALLED = fileURLToPath(new URL("../../../web/dist/pages", import.meta.url));

/** Folder of the pages: the given one, else that of this installation; "" where they are not built. */
export const pagesRoot = ({ api }: Pick<TrainerConfig, "api">, installed = INSTALLED): string =>
  api.pagesRoot || (existsSync(join(installed, "index.html")) ? installed : "");

/**
 * Address of the pages in `folder`; none without a folder. Only a terminal is shown the key in it, which signs in: what
 * goes elsewhere may be kept as a log.
 */
export function pagesLink(folder: string, { url, key }: ApiAccess, { tty }: Pick<Terminal, "tty">): string[] {
  if (folder === "") return [];
  return [tty ? `${url}/?key=${encodeURIComponent(key)}` : `${url}/`];
}
