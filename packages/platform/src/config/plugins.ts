import { z } from "zod";
import type { Env } from "./env.js";
import { loadSettings } from "./load.js";

export const PluginSettings = z.strictObject({
  /** Plugins to load: packages, paths, or addresses of modules. */
  plugins: z.array(z.string()).default([]),
});

/**
 * The plugins that are named, whatever else is set: for commands that go by no other setting.
 * @throws AppError CONFIG_ERROR, where they are not named as they should be
 */
export const namedPlugins = (given: { readonly env: Env; readonly cwd: string }): readonly string[] =>
  loadSettings(PluginSettings, given, { partial: true }).config.plugins;
