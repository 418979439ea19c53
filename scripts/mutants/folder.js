import { statSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { root } from "../paths.js";
import { SetupError } from "../say.js";

/**
 * A folder or file of a workspace, relative to the root of the checkout, with slashes.
 * @param {string} given relative to the working folder
 */
export function inWorkspace(given) {
  const path = relative(root, resolve(given)).replaceAll("\\", "/");
  if (!statSync(given, { throwIfNoEntry: false })) throw new SetupError(`There is no ${given} in ${process.cwd()}.`);
  if (/^(packages|services|apps)\/[^/]+/.test(path)) return path;
  throw new SetupError(
    `${given} is in none of packages/, services/ and apps/: name a folder such as packages/platform/src.`,
  );
}

/**
 * What Stryker is to mutate of it.
 * @param {string} folder
 */
export const mutated = (folder) => (folder.endsWith(".ts") ? folder : `${folder}/**/*.ts`);

/**
 * Patterns of the test files nearest to a folder: of a package's src those of the whole package, else those inside.
 * @param {string} folder
 * @param {string[]} [chosen] folders and files that were named instead
 */
export const testsOf = (folder, chosen = [folder.replace(/\/src$|\/[^/]+\.ts$/, "")]) =>
  chosen.map((one) => (one.endsWith(".ts") ? one : `${one}/**/*.test.ts`));

/**
 * The name under which their results are kept: the first one's path, the names of the others, and which sample it was.
 * @param {string[]} folders
 * @param {string} sample
 */
export function resultsOf([first = "", ...more], sample) {
  const names = [first.replaceAll("/", "-"), ...more.map((one) => basename(one))].join("+").slice(0, 200);
  return sample === "1" ? names : `${names}-of-${sample}`;
}
