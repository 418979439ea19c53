import type { Io } from "../process/io.js";
import { typeable, typeableNext } from "../process/program-name.js";
import { printable, printableInColor } from "./printable.js";
import { style, type Style } from "./style.js";
import { terminal, type Terminal } from "./terminal.js";

/**
 * The outputs of a command: the result on stdout, for people or for scripts, and everything else on stderr. Control
 * characters in text of services, files and models are made visible; only colors get through.
 */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Abilities of stdout, and colors for it. */
  readonly screen: Terminal;
  readonly paint: Style;
  /** Abilities of stderr, and colors for it. */
  readonly progressScreen: Terminal;
  readonly progressPaint: Style;
  /** The result: with --json the object on one line, else the text. */
  result(value: object, text: () => string): void;
  /** One more object of a stream of them; nothing without --json. */
  record(value: object): void;
  /** Part of a result that comes in pieces; nothing with --json. */
  text(text: string): void;
  /** The same of what is itself the result, a model's text: a pipe gets it as it is. */
  data(text: string): void;
  /** A line for people; dropped with --quiet. */
  note(line: string): void;
  /** A line that even --quiet lets through. */
  warn(line: string): void;
}

export function output(io: Io, { json, quiet }: { json: boolean; quiet: boolean }): Output {
  const screen = terminal(io.stdout, io.env);
  const progressScreen = terminal(io.stderr, io.env);
  const paint = style(screen.color);
  const progressPaint = style(progressScreen.color);
  const shown = screen.color ? printableInColor : printable;
  const progressShown = progressScreen.color ? printableInColor : printable;
  const line = (value: object) => io.stdout.write(`${stringify(value)}\n`);
  return {
    json,
    quiet,
    screen,
    paint,
    progressScreen,
    progressPaint,
    result(value, text) {
      if (json) line(value);
      else io.stdout.write(`${shown(typeableNext(text(), io.program))}\n`);
    },
    record(value) {
      if (json) line(value);
    },
    text(text) {
      if (!json) io.stdout.write(shown(text));
    },
    data(text) {
      if (!json) io.stdout.write(screen.tty ? printable(text) : text);
    },
    note(text) {
      if (!quiet) io.stderr.write(`${progressShown(typeable(text, io.program))}\n`);
    },
    warn(text) {
      io.stderr.write(`${progressShown(typeable(text, io.program))}\n`);
    },
  };
}

/**
 * JSON has no infinity: a perplexity that overflowed is null. 64-bit ids become strings. Control characters are escaped,
 * also those beyond ASCII, which JSON leaves as they are.
 */
export const stringify = (value: object): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each)).replace(
    /[\u007F-\u009F]/g,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  );
