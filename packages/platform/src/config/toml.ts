import { parse, TomlDate, TomlError, type TomlPrimitive, type TomlTable } from "smol-toml";
import { z } from "zod";
import { AppError } from "../errors.js";

/** A TOML file that was read. */
export interface TomlText {
  readonly table: Readonly<Record<string, unknown>>;
  /** All that is set in it but tables, by its path. */
  readonly leaves: readonly { readonly path: readonly string[]; readonly value: unknown }[];
  /** The file, with the line that sets a path or opens the nearest table around it. */
  placeOf(path: readonly string[]): string;
}

/**
 * Reads the text of a TOML file.
 * @param name what the file is called in what is said of it
 * @throws AppError CONFIG_ERROR for what is not TOML, with line and column
 */
export function readToml(text: string, name: string): TomlText {
  const table = parsed(text, name);
  const lines = tomlLines(text);
  return { table, leaves: flatten(table, []), placeOf: (path) => placeIn(name, lineOf(path, lines)) };
}

/** A file's name with a line, which is counted from 0; without where it is below that. */
export const placeIn = (file: string, line: number): string => (line < 0 ? file : `${file}:${line + 1}`);

function parsed(text: string, name: string): TomlTable {
  try {
    return parse(text);
  } catch (error) {
    const { line, column, message } = z.instanceof(TomlError).parse(error);
    const [what] = message.split("\n", 1); // what follows repeats lines of the file, and there may be secrets in them
    throw new AppError("CONFIG_ERROR", `${name}:${line}:${column}: ${what}`);
  }
}

const flatten = (table: TomlTable, above: readonly string[]): TomlText["leaves"] =>
  Object.entries(table).flatMap(([key, value]) => {
    const path = [...above, key];
    return isTable(value) ? flatten(value, path) : [{ path, value }];
  });

const isTable = (value: TomlPrimitive): value is TomlTable =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof TomlDate);

/** The path that each line of a TOML file sets or opens; the parser keeps no lines. */
function tomlLines(text: string): string[] {
  let table = "";
  return text.split("\n").map((line) => {
    const header = /^\s*\[+([^[\]]+)\]/.exec(line)?.[1];
    if (header !== undefined) {
      table = plain(header);
      return table;
    }
    const key = /^([^#=]+)=/.exec(line)?.[1];
    if (key === undefined) return "";
    return table === "" ? plain(key) : `${table}.${plain(key)}`;
  });
}

const plain = (key: string): string => key.replaceAll(/["'\s]/g, "");

/** The line of a path, or of the nearest table around it that has one. */
function lineOf(path: readonly string[], lines: readonly string[]): number {
  const line = lines.indexOf(path.join("."));
  return line >= 0 || path.length === 1 ? line : lineOf(path.slice(0, -1), lines);
}
