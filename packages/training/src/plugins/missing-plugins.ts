import { TrainingError } from "../errors.js";
import { loadedPlugins, type PluginVersion } from "./loaded-plugins.js";

/** Failure of a family, an optimizer or a tokenizer that is not registered. */
const UNKNOWN = new Set(["UNSUPPORTED_BACKEND", "TOKENIZER_LOAD_FAILED"]);

/**
 * Uses what was trained with `plugins`; a failure that may come of one that is not loaded here says which it is, and how
 * it is loaded.
 */
export async function withPluginsOf<T>(plugins: readonly PluginVersion[], body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const here = new Set(loadedPlugins().map(({ plugin }) => plugin.name));
    const missing = plugins.filter(({ name }) => !here.has(name));
    const { code, message } = TrainingError.from(error);
    if (missing.length === 0 || !UNKNOWN.has(code)) throw error;
    const names = missing.map(({ name, version }) => `${name} ${version}`).join(", ");
    const flags = missing.map(({ name }) => `--plugin ${name}`).join(" ");
    throw new TrainingError(
      "UNSUPPORTED_BACKEND",
      `${message}; it was trained with the plugin ${names}, which is not loaded here: give ${flags} (a path where it is ` +
        "not installed), or name it in PLUGINS or as `plugins` in config/app.toml",
      { cause: error },
    );
  }
}
