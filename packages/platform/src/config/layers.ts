import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import { AppError } from "../errors.js";
import type { Env } from "./env.js";
import { placeIn, readToml } from "./toml.js";

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
    return placeIn(".env", line);
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
  const { leaves, placeOf } = readToml(readFileSync(file, "utf8"), name);
  const entries = leaves.map(({ path, value }) => ({ name: path.join("."), value, place: placeOf(path) }));
  return { kind: "toml", entries: entries.filter(({ value }) => typeof value !== "string" || value.trim() !== "") };
}
