/** Where runs are kept unless told otherwise. */
export const DEFAULT_HOME = "./runs";

/** What to add to a proposed command so that it finds the same home. */
export const homeFlag = (home: string): string => (home === DEFAULT_HOME ? "" : ` --home ${shellWord(home)}`);

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
