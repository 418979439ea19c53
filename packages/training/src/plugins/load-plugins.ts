import { register } from "node:module";
import { addFamilyInfo, familyNames } from "@trainer/models/capabilities";
import { addMethod, methods } from "@trainer/tokenizers/capabilities";
import { addOptimizerInfo, optimizers } from "@trainer/torch/capabilities";
import { z } from "zod";
import { brokenPlugin } from "./broken-plugin.js";
import { findPlugin } from "./find-plugin.js";
import { addLoadedPlugins, loadedPlugins, offersOf, type LoadedPlugin } from "./loaded-plugins.js";
import { assertPlugin, type Plugin } from "./plugin.js";

/** From the sources too, this is what was built: Node runs it in a thread of its own. */
const OWN_PACKAGES = new URL("../../dist/plugins/own-packages.js", import.meta.url);

/**
 * Makes what plugins bring known by its names to this process; their code is loaded when it is first used. Packages are
 * looked for from the folders, and paths start from the first. What this process has loaded is not loaded again.
 *
 * @returns the addresses of their modules, by which other processes load the same
 * @throws TrainingError UNSUPPORTED_BACKEND in one sentence, with the plugin's name; then nothing of any is known
 */
export async function loadPlugins(names: readonly string[], folders: readonly string[]): Promise<string[]> {
  const known = new Set(loadedPlugins().map(({ url }) => url));
  const fresh: LoadedPlugin[] = [];
  const found = names.map((name) => ({ name, url: findPlugin(name, folders) }));
  for (const { name, url } of found) {
    if (known.has(url)) continue;
    if (known.size === 0) register(OWN_PACKAGES);
    known.add(url);
    fresh.push({ url, plugin: await pluginAt(url, name) });
  }
  refuseTaken(fresh);
  for (const { plugin } of fresh) makeKnown(plugin);
  addLoadedPlugins(fresh);
  return found.map(({ url }) => url);
}

async function pluginAt(url: string, name: string): Promise<Plugin> {
  try {
    const module: unknown = await import(url);
    const { default: found } = Module.parse(module);
    assertPlugin(found);
    return found;
  } catch (error) {
    throw brokenPlugin(name, error);
  }
}

const Module = z.looseObject({
  default: z.custom((found) => typeof found === "object" && found !== null, "must be a plugin: an object with a name"),
});

/** Refuses what has a name that something else has. */
function refuseTaken(fresh: readonly LoadedPlugin[]): void {
  const families = familyNames().map((name) => ({ name }));
  const known = { families, optimizers: Object.fromEntries(optimizers()), tokenizers: Object.fromEntries(methods()) };
  const taken = new Set<string>(offersOf(known));
  for (const { plugin } of loadedPlugins()) taken.add(`plugin ${plugin.name}`);
  for (const { plugin } of fresh) {
    for (const offer of [`plugin ${plugin.name}`, ...offersOf(plugin)]) {
      if (taken.has(offer))
        throw brokenPlugin(plugin.name, `what it brings is there already: ${offer}; load one of the two`);
      taken.add(offer);
    }
  }
}

function makeKnown(plugin: Plugin): void {
  let loading: Promise<void> | null = null;
  const loadCode = () => (loading ??= import("./load-code.js").then((module) => module.loadCode(plugin)));
  for (const family of plugin.families ?? []) addFamilyInfo(family, loadCode);
  for (const [name, info] of Object.entries(plugin.optimizers ?? {})) addOptimizerInfo(name, { ...info, loadCode });
  for (const [name, info] of Object.entries(plugin.tokenizers ?? {})) addMethod(name, { ...info, loadCode });
}
