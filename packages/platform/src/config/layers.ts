import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import { parse, TomlDate, TomlError, type TomlPrimitive, type TomlTable } from "smol-toml";
import { z } from "zod";
import { AppError } from "../errors.js";
import type { Env } from "./env.js";

/** Something that a person set: what, to what, and where it can be changed. */
export interface Written {
  readonly name: string;
  readonly value: unknown;
  readonly place: string;
}

/** One of the places where settings come from. */
export interface Layer {
  readonly kind: "environment" | "dotenv" | "toml";
  readonly entries: readonly Written[];
}

const DEFAULT_FILE = "config/app.toml";

/**
 * Sources of settings, by precedence.
 * @throws AppError CONFIG_ERROR for a TOML file that is named and does not exist, or that is not TOML
 */
export function readLayers({ env, cwd }: { readonly env: Env; readonly cwd: string }): readonly Layer[] {
  const dotenv = dotenvLayer(cwd);
  const layers: Layer[] = [{ kind: "environment", entries: set(env, () => "the environment") }, dotenv];
  const named = layers.flatMap(({ entries }) => entries).find(({ name }) => name === "APP_CONFIG_FILE");
  return [...layers, tomlLayer(cwd, named)];
}

/** The environment, and below it what `.env` sets: what a service gets that reads its own variables. */
export function mergedEnv(layers: readonly Layer[]): Env {
  const variables = layers.filter(({ kind }) => kind !== "toml").flatMap(({ entries }) => entries);
  return Object.fromEntries(variables.reverse().map(({ name, value }) => [name, String(value)]));
}

/** Blank is unset. */
const set = (env: Env, place: (name: string) => string): Written[] =>
  Object.entries(env).flatMap(([name, value = ""]) =>
    value.trim() === "" ? [] : [{ name, value, place: place(name) }],
  );

function dotenvLayer(cwd: string): Layer {
  const file = resolve(cwd, ".env");
  if (!existsSync(file)) return { kind: "dotenv", entries: [] };
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n");
  const place = (name: string) => {
    const line = lines.findLastIndex(
      (each) =>
        each
          .replace(/^\s*(export\s+)?/, "")
          .split("=", 1)[0]
          ?.trim() === name,
    );
    return at(".env", line);
  };
  // Of "export  NAME=value" the parser keeps the second space.
  const env = Object.fromEntries(Object.entries(parseEnv(text)).map(([name, value]) => [name.trim(), value]));
  return { kind: "dotenv", entries: set(env, place) };
}

function tomlLayer(cwd: string, named: Written | undefined): Layer {
  const name = named === undefined ? DEFAULT_FILE : String(named.value).trim();
  const file = resolve(cwd, name);
  if (!existsSync(file)) {
    if (named === undefined) return { kind: "toml", entries: [] };
    throw new AppError("CONFIG_ERROR", `APP_CONFIG_FILE=${name} (${named.place}): there is no such file`);
  }
  const text = readFileSync(file, "utf8");
  const lines = tomlLines(text);
  const entries = flatten(parseToml(text, name), []).map(({ path, value }) => ({
    name: path.join("."),
    value,
    place: at(name, lineOf(path, lines)),
  }));
  return { kind: "toml", entries: entries.filter(({ value }) => typeof value !== "string" || value.trim() !== "") };
}

function parseToml(text: string, name: string): TomlTable {
  try {
    return parse(text);
  } catch (error) {
    const { line, column, message } = z.instanceof(TomlError).parse(error);
    const [what] = message.split("\n", 1); // what follows repeats lines of the file, and there may be secrets in them
    throw new AppError("CONFIG_ERROR", `${name}:${line}:${column}: ${what}`);
  }
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

const flatten = (table: TomlTable, above: readonly string[]): Leaf[] =>
  Object.entries(table).flatMap(([key, value]) => {
    const path = [...above, key];
    return isTable(value) ? flatten(value, path) : [{ path, value }];
  });

const isTable = (value: TomlPrimitive): value is TomlTable =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof TomlDate);

const at = (file: string, line: number): string => (line < 0 ? file : `${file}:${line + 1}`);

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
