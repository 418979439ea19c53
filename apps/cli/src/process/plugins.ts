import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultHome } from "./home-flag.js";
import { UsageError } from "./errors.js";
import type { Io } from "./io.js";

/** The values that a command line gives a flag, wherever it stands: needed before the command that it names is loaded. */
const valuesOf = (flag: string, argv: readonly string[]): string[] =>
  argv.flatMap((arg, i) => {
    if (arg === flag) return argv.slice(i + 1, i + 2);
    return arg.startsWith(`${flag}=`) ? [arg.slice(flag.length + 1)] : [];
  });

/** Other places that name plugins; most command lines have none of these, and are not to wait for the configuration. */
const mayBeConfigured = ({ env, cwd }: Pick<Io, "env" | "cwd">): boolean =>
  [env["PLUGINS"], env["APP_CONFIG_FILE"]].some((value) => value !== undefined) ||
  [".env", "config/app.toml"].some((file) => existsSync(join(cwd, file)));

/**
 * Loads the plugins that are named: by the configuration, and then by --plugin. Returns the addresses of their modules.
 * @throws AppError CONFIG_ERROR; TrainingError for a plugin that cannot be loaded
 */
export async function loadNamed(
  flags: readonly string[],
  home: string,
  io: Pick<Io, "env" | "cwd">,
): Promise<readonly string[]> {
  const configured = mayBeConfigured(io) ? (await import("@trainer/platform")).namedPlugins(io) : [];
  const names = [...configured, ...flags];
  if (names.length === 0) return [];
  const { loadPlugins } = await import("@trainer/training/plugins");
  return await loadPlugins(names, [io.cwd, resolve(io.cwd, home)]);
}

/**
 * Loads the plugins that are named. The services, and the processes that they start, find them in what is returned.
 * @throws UsageError for one that cannot be loaded
 */
export async function withPlugins(argv: readonly string[], io: Io): Promise<Io> {
  const home = valuesOf("--home", argv).at(-1) ?? defaultHome(io.env);
  try {
    const urls = await loadNamed(valuesOf("--plugin", argv), home, io);
    return urls.length === 0 ? io : { ...io, env: { ...io.env, PLUGINS: urls.join(",") } };
  } catch (error) {
    if (error instanceof Error && error.name === "TrainingError") throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
