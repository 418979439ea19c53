import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { shellWord } from "./home-flag.js";
import type { Io } from "./io.js";

const TRAINER = fileURLToPath(new URL("../../bin/trainer.js", import.meta.url));
const LOCAL = join("node_modules", ".bin");

/** Folder that npx installs a package in that is installed nowhere else. */
const BY_NPX = /[/\\]_npx[/\\]/;

/**
 * The command by which this program is called: `trainer` on the PATH, else npx in the project or by the package's name,
 * else node.
 */
export function programName({ env, cwd }: Pick<Io, "env" | "cwd">, file = TRAINER): string {
  const byNpm = env["npm_command"] !== undefined; // npx too: it adds folders to the PATH that its user's shell has not
  const path = (env["PATH"] ?? "").split(delimiter).filter((folder) => !(byNpm && folder.endsWith(LOCAL)));
  if (leadsHere(path.flatMap((folder) => (folder === "" ? [] : resolve(cwd, folder))))) return "trainer";
  if (leadsHere(upwards(cwd).map((folder) => join(folder, LOCAL)))) return "npx trainer";
  return BY_NPX.test(file) ? "npx model-trainer" : `node ${shellWord(file)}`;
}

/** True if the first `trainer` of these folders is this program. */
function leadsHere(folders: readonly string[]): boolean {
  const first = folders.map((folder) => join(folder, "trainer")).find((file) => existsSync(file));
  return first !== undefined && realpathSync(first) === realpathSync(TRAINER);
}

const upwards = (folder: string): string[] =>
  dirname(folder) === folder ? [folder] : [folder, ...upwards(dirname(folder))];

/** A text of ours with the commands that it proposes as they can be typed. */
export const typeable = (text: string, program: string): string =>
  text.replaceAll(/(^ *(?:\$ )?|`|[:;] )trainer (?=[a-z])/gm, (_, before: string) => `${before}${program} `);

/** The same for a command line, where the program may be named at any place. */
export const typeableLine = (line: string, program: string): string =>
  line.replaceAll(/(?<![\w./-])trainer (?=[a-z])/g, () => `${program} `);

/** The same for a result, which may hold text of others: of what follows a line "Next:", and where nothing is there yet. */
export const typeableNext = (text: string, program: string): string =>
  text.replace(/(?<=^Next:\n)[^]*$|(?<![^])No .* yet\. To make one: .*$/m, (commands) => typeable(commands, program));
