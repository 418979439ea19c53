import type { Io } from "./io.js";

/** Default home. */
const DEFAULT_HOME = "./runs";

/** The home where none is given. */
export const defaultHome = (env: Io["env"]): string => env["TRAINER_HOME"] || DEFAULT_HOME;

/** Flags that make a proposed command find the same home, and the plugins that this command line names. */
export const placeFlags = ({ home, plugin }: { readonly home: string; readonly plugin: readonly string[] }): string =>
  [...(home === DEFAULT_HOME ? [] : ["--home", home]), ...plugin.flatMap((name) => ["--plugin", name])]
    .map((word) => ` ${shellWord(word)}`)
    .join("");

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
