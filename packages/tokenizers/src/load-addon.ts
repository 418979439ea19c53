import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { TokenizerError } from "./errors.js";

// The build with sanitizers is beside the ordinary one: `npm run test:sanitize` names its folder.
const build = process.env["TRAINER_NATIVE_BUILD"] ?? "build";

/** Path of an addon: of the one that was built here, else of the one that was built for machines like this one. */
export function addonPath(name: string, from: string | URL = import.meta.url): string {
  const built = fileURLToPath(new URL(`../${build}/${name}.node`, from));
  if (existsSync(built)) return built;
  try {
    return createRequire(from).resolve(`${prebuiltPackage}/${name}.node`);
  } catch {
    return built; // its error names both ways to get it
  }
}

/** Package with the addons that were built for machines like this one. */
const prebuiltPackage = `@trainer/native-${process.platform}-${process.arch}`;

/**
 * Loads a native addon from a path. Throws TOKENIZER_LOAD_FAILED when it has not been built, not for this Node, or is not
 * what `isExpected` knows.
 */
export function loadAddonAs<Addon>(path: string, isExpected: (loaded: unknown) => loaded is Addon): Addon {
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)(path);
  } catch (cause) {
    throw new TokenizerError(
      "TOKENIZER_LOAD_FAILED",
      `cannot load ${path}; build it with "npm run build:native", or install ${prebuiltPackage}`,
      {
        cause,
      },
    );
  }
  if (isExpected(loaded)) return loaded;
  throw new TokenizerError("TOKENIZER_LOAD_FAILED", `${path} is another addon; rebuild it with "npm run build:native"`);
}
