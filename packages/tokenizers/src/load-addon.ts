import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { TokenizerError } from "./errors.js";

// The build with sanitizers is beside the ordinary one: `npm run test:sanitize` names its folder.
const build = process.env["TRAINER_NATIVE_BUILD"] ?? "build";

export const addonPath = (name: string): string => fileURLToPath(new URL(`../${build}/${name}.node`, import.meta.url));

/**
 * Loads a native addon from a path. Throws TOKENIZER_LOAD_FAILED when it has not been built, not for this Node, or is not
 * what `isExpected` knows.
 */
export function loadAddonAs<Addon>(path: string, isExpected: (loaded: unknown) => loaded is Addon): Addon {
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)(path);
  } catch (cause) {
    throw new TokenizerError("TOKENIZER_LOAD_FAILED", `cannot load ${path}; build it with "npm run build:native"`, {
      cause,
    });
  }
  if (isExpected(loaded)) return loaded;
  throw new TokenizerError("TOKENIZER_LOAD_FAILED", `${path} is another addon; rebuild it with "npm run build:native"`);
}
