import { z } from "zod";
import { AppError } from "../errors.js";
import type { Env } from "./env.js";
import { mergedEnv, readLayers, type Layer, type Written } from "./layers.js";
import { mapSettings, reader, refusal, type SettingsSchema } from "./setting.js";
import { unknownSettings, type KnownSetting } from "./unknown.js";

/** One setting, and where it was set. */
export interface SettingSource extends KnownSetting {
  /** A secret is not repeated. */
  readonly value: unknown;
  /** "default", or the environment, or a file with the line. */
  readonly source: string;
}

export interface LoadedSettings<S extends SettingsSchema> {
  readonly config: z.output<S>;
  readonly sources: readonly SettingSource[];
  /** The environment, completed by `.env`: for services that have variables of their own. */
  readonly env: Env;
}

export const DEFAULT_SOURCE = "default";

/**
 * Settings from the environment, else `.env`, else the TOML file that APP_CONFIG_FILE names (config/app.toml), else their
 * defaults. Files are looked for from `cwd`. Beside those of a `partial` schema, others may be set. A setting's schema
 * also takes what it returns.
 * @throws AppError CONFIG_ERROR, which names all that is wrong, with its place
 */
export function loadSettings<S extends SettingsSchema>(
  schema: S,
  given: { readonly env: Env; readonly cwd: string },
  { partial = false } = {},
): LoadedSettings<S> {
  const layers = readLayers(given);
  const sources: SettingSource[] = [];
  const wrong: string[] = [];
  const values = mapSettings(schema, ({ env, toml, secret, schema: setting }) => {
    const written = find({ env, toml }, layers);
    const notation = written?.kind === "toml" ? "toml" : "text";
    const form = written === null ? z.undefined() : reader(setting, notation);
    const { data, error } = form.pipe(setting).safeParse(written?.value, { error: refusal(setting, notation) });
    if (written !== null && error !== undefined) {
      const messages = new Set(error.issues.map(({ message }) => message));
      wrong.push(`${assignment(written, secret)}: ${[...messages].join(", ")}`);
    }
    sources.push({ env, toml, value: shown(data, secret), source: written?.place ?? DEFAULT_SOURCE });
    return written === null ? undefined : data; // a default need not be what may be set: no address is ""
  });
  for (const { written, nearest } of partial ? [] : unknownSettings(layers, sources)) {
    const hint = nearest === null ? "" : `; did you mean ${nearest}?`;
    wrong.push(`${assignment(written, SECRET.test(written.name))}: there is no such setting${hint}`);
  }
  if (wrong.length > 0) throw new AppError("CONFIG_ERROR", `the configuration is wrong:\n  ${wrong.join("\n  ")}`);
  return { config: schema.parse(values), sources, env: mergedEnv(layers) };
}

interface Found extends Written {
  readonly kind: Layer["kind"];
}

function find({ env, toml }: KnownSetting, layers: readonly Layer[]): Found | null {
  for (const { kind, entries } of layers) {
    for (const name of kind === "toml" ? [toml] : env) {
      const entry = entries.find((each) => each.name === name);
      if (entry !== undefined) return { kind, ...entry };
    }
  }
  return null;
}

/** Names of settings whose values are never shown, where nothing else is known of them. */
const SECRET = /key|token|secret|password/i;
const HIDDEN = "(hidden)";

const assignment = ({ name, value, place }: Written, secret: boolean): string =>
  `${name} = ${secret ? HIDDEN : JSON.stringify(withoutPassword(value))} (${place})`;

/** A value that may be printed: neither a secret, nor an address with one in it. */
const shown = (value: unknown, secret: boolean): unknown => (secret && value !== "" ? HIDDEN : withoutPassword(value));

/** What stands before the "@" of an address logs in there, and so does what its query names as a secret. */
function withoutPassword(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPassword);
  if (typeof value !== "string") return value;
  return value.replace(LOGIN, "$1$2***@").replaceAll(SECRET_PARAMETER, "$1***");
}

/** Of a Redis's address all before the last "@", for a password may hold what should have been encoded. */
const LOGIN = /^(rediss?:(?:\/\/)?).*@|(\/\/)[^/?#]+@/is;

const SECRET_PARAMETER = /([?&][^=&#]*(?:key|token|secret|passw|auth|credential|signature|user)[^=&#]*=)[^&#]*/gi;
