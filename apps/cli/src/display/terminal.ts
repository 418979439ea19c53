import type { Io, Sink } from "../process/io.js";

/** Abilities of a stream. */
export interface Terminal {
  /** A person's terminal reads it, which control characters would steer. */
  readonly tty: boolean;
  /** Lines may be redrawn in place. */
  readonly live: boolean;
  readonly color: boolean;
  /** Block and braille characters may be used. */
  readonly unicode: boolean;
  columns(): number;
  /** Width of a table's row: COLUMNS, else the terminal's; unlimited for a pipe. */
  rowWidth(): number;
}

/** A pipe, CI, NO_COLOR or a dumb terminal gets plain lines; a locale that is not UTF-8 gets ASCII. */
export function terminal(sink: Sink, env: Io["env"]): Terminal {
  const plain = isSet(env["NO_COLOR"]) || isSet(env["CI"]) || env["TERM"] === "dumb";
  const live = sink.isTTY === true && !plain;
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "C.UTF-8";
  const wanted = /^\d+$/.test(env["COLUMNS"] ?? "") ? Number(env["COLUMNS"]) : 0; // 0: COLUMNS does not say
  return {
    tty: sink.isTTY === true,
    live,
    color: live,
    unicode: /utf-?8/i.test(locale),
    columns: () => sink.columns || wanted || 80,
    rowWidth: () => wanted || (sink.isTTY === true ? sink.columns || 80 : Infinity),
  };
}

const isSet = (value: string | undefined) => value !== undefined && value !== "";
