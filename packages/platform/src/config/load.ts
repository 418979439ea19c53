import { AppError } from "../errors.js";
import type { Env } from "./env.js";
import { mergedEnv, readLayers, type Layer, type Written } from "./layers.js";
import { PLUGINS, trainerConfig, type Setting, type TrainerConfig } from "./settings.js";
import { unknownSettings, type KnownSetting } from "./unknown.js";

/** One setting, and where it was set. */
export interface SettingSource extends KnownSetting {
  /** A secret is not repeated. */
  readonly value: unknown;
  /** "default", or the environment, or a file with the line. */
  readonly source: string;
}

export interface LoadedConfig {
  readonly config: TrainerConfig;
  readonly sources: readonly SettingSource[];
  /** The environment, completed by `.env`: for services that have variables of their own. */
  readonly env: Env;
}

export const DEFAULT_SOURCE = "default";

/**
 * The configuration: from the environment, else `.env`, else the TOML file that APP_CONFIG_FILE names (config/app.toml),
 * else defaults. Files are looked for from `cwd`.
 * @throws AppError CONFIG_ERROR, which names all that is wrong, with its place
 */
export function loadConfig(given: { readonly env: Env; readonly cwd: string }): LoadedConfig {
  const layers = readLayers(given);
  const sources: SettingSource[] = [];
  const wrong: string[] = [];
  const config = trainerConfig((setting) => {
    const written = find(setting, layers);
    const { env, toml, secret } = setting;
    const result = readValue(setting, written);
    if (result.problem !== null) wrong.push(`${assignment(result.problem, secret)}: ${result.problem.message}`);
    sources.push({ env, toml, value: shown(result.value, secret), source: written?.place ?? DEFAULT_SOURCE });
    return result.value;
  });
  for (const { written, nearest } of unknownSettings(layers, sources)) {
    const hint = nearest === null ? "" : `; did you mean ${nearest}?`;
    wrong.push(`${assignment(written, SECRET.test(written.name))}: there is no such setting${hint}`);
  }
  if (wrong.length > 0) throw new AppError("CONFIG_ERROR", `the configuration is wrong:\n  ${wrong.join("\n  ")}`);
  return { config, sources: sources.map((each) => behindGateway(each, config)), env: mergedEnv(layers) };
}

/**
 * The plugins that are named, whatever else is set: for commands that go by no other setting.
 * @throws AppError CONFIG_ERROR, where they are not named as they should be
 */
export function namedPlugins(given: { readonly env: Env; readonly cwd: string }): readonly string[] {
  const { value, problem } = readValue(PLUGINS, find(PLUGINS, readLayers(given)));
  if (problem === null) return value;
  throw new AppError(
    "CONFIG_ERROR",
    `the configuration is wrong:\n  ${assignment(problem, false)}: ${problem.message}`,
  );
}

/** The file service's address is what the gateway makes it, where there is one. */
const behindGateway = (setting: SettingSource, { apiGatewayUrl, app }: TrainerConfig): SettingSource =>
  apiGatewayUrl === "" || setting.toml !== "app.data_bank_api_url"
    ? setting
    : { ...setting, value: shown(app.dataBankApiUrl, false), source: "API_GATEWAY_URL" };

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

function readValue<V>({ field, fallback }: Setting<V>, written: Found | null) {
  if (written === null) return { value: fallback, problem: null };
  const schema = written.kind === "toml" ? field.fromToml : field.fromText;
  const result = schema.safeParse(written.value);
  if (result.success) return { value: result.data, problem: null };
  const message = [...new Set(result.error.issues.map((issue) => issue.message))].join(", ");
  return { value: fallback, problem: { ...written, message } };
}

/** What a setting must be called for its value never to be repeated, where nothing else is known of it. */
const SECRET = /key|token|secret|password/i;
const HIDDEN = "(hidden)";

const assignment = ({ name, value, place }: Written, secret: boolean): string =>
  `${name} = ${secret ? HIDDEN : JSON.stringify(shown(value, false))} (${place})`;

/** A value that may be printed: neither a secret, nor an address with a password in it. */
function shown(value: unknown, secret: boolean): unknown {
  if (secret) return value === "" ? "" : HIDDEN;
  return typeof value === "string" ? value.replace(/\/\/[^@/]*@/, "//***@") : value;
}
