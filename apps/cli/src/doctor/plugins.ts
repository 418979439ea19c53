import type { Io } from "../process/io.js";
import { loadNamed } from "../process/plugins.js";
import { ok, type Check } from "./check.js";

/** The plugins that are named; none, no line. */
export async function pluginChecks(
  flags: readonly string[],
  home: string,
  io: Pick<Io, "env" | "cwd">,
): Promise<Check[]> {
  try {
    if ((await loadNamed(flags, home, io)).length === 0) return [];
  } catch (error) {
    const fix = "Commands that name it, and services where it is configured, will not start until it is mended.";
    return [{ name: "Plugins", status: "missing", value: String(error).replace(/^\w+: /, ""), fix }];
  }
  const { loadedPlugins } = await import("@trainer/training/plugins");
  return [
    ok(
      "Plugins",
      loadedPlugins()
        .map(({ plugin: { name, version } }) => `${name} ${version}`)
        .join(", "),
    ),
  ];
}
