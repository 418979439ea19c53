import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TrainingError } from "../errors.js";

const OURS = fileURLToPath(new URL(".", import.meta.url));

/**
 * The address of a plugin's module: of a path (`./mine`, `/srv/mine/index.js`) what lies there, of another name the package
 * that is installed where one of the folders finds it, or where this program does. Throws UNSUPPORTED_BACKEND, which says
 * where was looked.
 */
export function findPlugin(name: string, folders: readonly string[]): string {
  if (name.startsWith("file:")) return name;
  const isPath = /^\.{1,2}(\/|$)/.test(name) || isAbsolute(name);
  const [first = "."] = folders;
  const wanted = isPath ? resolve(first, name) : name;
  const from = isPath ? [first] : [...folders, OURS];
  const problems: string[] = [];
  for (const folder of from) {
    try {
      return pathToFileURL(createRequire(join(resolve(folder), "plugin.js")).resolve(wanted)).href;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code !== "MODULE_NOT_FOUND") problems.push(error.message);
    }
  }
  const [problem] = problems;
  if (problem !== undefined)
    throw new TrainingError("UNSUPPORTED_BACKEND", `the plugin ${name} has no module that can be imported: ${problem}`);
  throw new TrainingError(
    "UNSUPPORTED_BACKEND",
    isPath
      ? `there is no plugin at ${wanted}: name its module, or a folder with an index.js or a package.json that says its "main"`
      : `there is no plugin ${name}: no package of this name is installed where ${folders.join(" or ")} finds it; ` +
          `install it there with npm, or name its path, as in ./${name}`,
  );
}
