import { DEFAULT_SOURCE } from "@trainer/platform";
import type { Io } from "../process/io.js";
import { loadConfig, type LoadedConfig } from "./settings.js";

export interface OwnConfig {
  readonly loaded: LoadedConfig;
  /** Variables that were set here, each with why. */
  readonly given: Readonly<Record<string, string>>;
}

const HERE = "trainer ui: for this machine alone";
const KEPT = "trainer ui: what was trained stays in the home";
const FLAG = "a flag of trainer ui";

/**
 * The configuration of a system for the person at this machine. It listens to this machine alone, and unless a setting
 * says otherwise, runs stay in the home once their archives are made: commands find them there when nothing is served.
 * @throws AppError CONFIG_ERROR, as `loadConfig` does
 */
export function ownConfig({ env, cwd }: Pick<Io, "env" | "cwd">, port?: number): OwnConfig {
  const own = { ...env, BIND_HOST: "127.0.0.1", ...(port === undefined ? {} : { PORT: String(port) }) };
  const given = { BIND_HOST: HERE, ...(port === undefined ? {} : { PORT: FLAG }) };
  const loaded = loadConfig({ env: own, cwd });
  const cleanup = loaded.sources.find(({ toml }) => toml === "app.cleanup.enabled");
  if (cleanup?.source !== DEFAULT_SOURCE) return { loaded, given };
  return {
    loaded: loadConfig({ env: { ...own, APP__CLEANUP__ENABLED: "false" }, cwd }),
    given: { ...given, APP__CLEANUP__ENABLED: KEPT },
  };
}
