import { methodInfo } from "@trainer/tokenizers/capabilities";
import { optimizerInfo } from "@trainer/torch/capabilities";
import { brokenPlugin } from "./broken-plugin.js";
import { offersOf } from "./loaded-plugins.js";
import { assertPluginCode, type Plugin, type PluginCode } from "./plugin.js";

/** Loads what does what a plugin names, and registers it: all or, where something lacks, nothing. Loads native code. */
export async function loadCode(plugin: Plugin): Promise<void> {
  const { families = [], optimizers = {}, tokenizers = {} } = await codeOf(plugin);
  const done = new Set(offersOf({ families, optimizers, tokenizers }).map(String));
  const named = offersOf(plugin).map(String);
  const absent = named.filter((offer) => !done.delete(offer));
  if (absent.length > 0) throw brokenPlugin(plugin.name, `its code has no ${absent.join("; no ")}`);
  if (done.size > 0) throw brokenPlugin(plugin.name, `it does not name what its code has: ${[...done].join("; ")}`);
  const [{ registerFamily }, { registerOptimizer }, { registerTokenizer }] = await Promise.all([
    import("@trainer/models"),
    import("@trainer/torch"),
    import("@trainer/tokenizers"),
  ]);
  for (const family of families) registerFamily(family);
  for (const [name, make] of Object.entries(optimizers)) registerOptimizer(name, optimizerInfo(name), make);
  for (const [name, backend] of Object.entries(tokenizers)) registerTokenizer(name, methodInfo(name), backend);
}

async function codeOf({ name, code }: Plugin): Promise<PluginCode> {
  try {
    const found: unknown = await code?.();
    assertPluginCode(found);
    return found;
  } catch (error) {
    throw brokenPlugin(name, error);
  }
}
