import { open, type FileHandle } from "node:fs/promises";
import { lastLinesAt, readAt } from "./lines.js";

/** Levels of a log's records, the least severe first. */
export const logLevels = ["INFO", "WARNING", "ERROR"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Which lines of a log are asked for. */
export interface LogQuery {
  /** Number of lines at most, the last ones. */
  readonly tail: number;
  /** Byte before which they are; null: the end. */
  readonly before: number | null;
  /** Least severe level; null: every line, also one that is no record. */
  readonly level: LogLevel | null;
  /** Text that is in them, in upper or lower case. */
  readonly q: string;
}

export interface LogLines {
  readonly text: string;
  /** Byte before which lines have not been looked at; 0: there are none. */
  readonly start: number;
}

const BLOCK_BYTES = 1 << 20;
/** Bytes that one request looks at: who wants more goes on from where that ended. */
const SCANNED_BYTES = 64 << 20;

/** The last lines of a log, or of the part before a byte of it, that match, as they stand there. */
export async function linesBefore(path: string, { tail, before, level, q }: LogQuery): Promise<LogLines> {
  await using file = await open(path);
  const all = level === null && q === "";
  const { start, end } = await lastLinesAt(file, all ? tail : 0, before ?? undefined);
  if (all) return { text: (await readAt(file, start, end - start)).toString("utf8"), start };
  return await matching(file, end, tail, matcher(level, q));
}

/** Lines before `end`, which is behind a newline or 0, from the last to the first. */
async function matching(
  file: FileHandle,
  end: number,
  count: number,
  matches: (line: string) => boolean,
): Promise<LogLines> {
  const found: string[] = [];
  let start = end;
  let rest = Buffer.alloc(0); // a line's end, whose beginning is in the block before
  for (let block = end; block > 0 && end - block < SCANNED_BYTES;) {
    const from = Math.max(0, block - BLOCK_BYTES);
    const bytes = Buffer.concat([await readAt(file, from, block - from), rest]);
    const whole = from === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
    for (const line of bytes.subarray(whole).toString("utf8").split("\n").slice(0, -1).toReversed()) {
      start -= Buffer.byteLength(line) + 1;
      if (matches(line) && found.push(`${line}\n`) === count) return { text: found.toReversed().join(""), start };
    }
    rest = bytes.subarray(0, whole);
    block = from;
  }
  return { text: found.toReversed().join(""), start };
}

const NEWLINE = 0x0a;

/** Records are written by JSON.stringify: a quote in a message is escaped. */
function matcher(level: LogLevel | null, q: string): (line: string) => boolean {
  const levels = level === null ? null : logLevels.slice(logLevels.indexOf(level)).map((name) => `"level":"${name}"`);
  const text = q.toLowerCase();
  return (line) => (levels === null || levels.some((each) => line.includes(each))) && line.toLowerCase().includes(text);
}
