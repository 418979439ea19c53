import type { WholeText } from "@trainer/training";
import { leftOutSentences, type LeftOut } from "@trainer/training/options";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";
import type { Output } from "../display/output.js";

/** Help on piped text for an option that takes a text. */
export const PIPED = "- reads it from stdin, but for the line break that ends it";

/** Refuses a text that is given twice. */
export function oneSource({ text, path }: { readonly text: string | null; readonly path: string | null }): void {
  if (text !== null && path !== null) throw new UsageError("--text and --path exclude each other");
}

export interface GivenText {
  readonly text: string;
  /** Losses in reading a file or a piped text; already reported. */
  readonly leftOut: LeftOut | null;
}

/** A text that an option gave, as it is; with "-" the one that is piped. */
export async function givenText(
  text: string,
  { io, out }: { readonly io: Io; readonly out: Output },
): Promise<GivenText> {
  if (text !== "-") return { text, leftOut: null };
  const { readTextStream } = await import("@trainer/training/files");
  if (io.stdin.isTTY === true) out.note("Type the text; Ctrl-D ends it.");
  const piped = await reported(readTextStream(io.stdin), out);
  // `echo` and editors end what they write with a line break that nobody has typed.
  return { ...piped, text: piped.text.replace(/\r?\n$/, "") };
}

/** The text of a file, to its last character. */
export async function textOfFile(path: string, out: Output): Promise<GivenText> {
  const { readTextFile } = await import("@trainer/training/files");
  return reported(readTextFile(path), out);
}

/** The lines of a file that are not empty. */
export async function linesOfFile(
  path: string,
  out: Output,
): Promise<{ readonly lines: readonly string[]; readonly leftOut: LeftOut | null }> {
  const { text, leftOut } = await textOfFile(path, out);
  return { lines: text.split(/\r\n|\n|\r/).filter((line) => line !== ""), leftOut };
}

/** Reads a text and reports its losses. */
async function reported(reading: Promise<WholeText>, out: Output): Promise<GivenText> {
  const { text, leftOut } = await reading;
  tellLeftOut(leftOut, out);
  return { text, leftOut };
}

/** Reports what was left out of a text. */
export function tellLeftOut(leftOut: LeftOut | null | undefined, out: Output): void {
  if (leftOut) for (const sentence of leftOutSentences(leftOut)) out.warn(`warning: ${sentence}`);
}
