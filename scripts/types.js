import { existsSync } from "node:fs";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { SetupError, step } from "./say.js";
import { filesIn, hashOf, isStamped, read, stamp } from "./stamp.js";

const STAMP = "types";

/** Our inputs of the product's build; those of others change with the lockfile. */
const sources = () => [
  ...["tsconfig.base.json", "tsconfig.json", "package-lock.json"].map((name) => at(name)),
  ...["packages", "services", "apps", "bench"].flatMap((folder) =>
    filesIn(at(folder), /^(package|tsconfig)\.json$|(?<!\.test)\.tsx?$/),
  ),
];

/** @returns {string[]} the projects of the root tsconfig.json that are built, which the one of the tests is not */
const projects = () =>
  (JSON.parse(read(at("tsconfig.json")) ?? "{}").references ?? [])
    .map((/** @type {{ path: string }} */ one) => one.path)
    .filter((/** @type {string} */ path) => !path.endsWith(".json"));

export const typesAreCurrent = () =>
  projects().every((path) => existsSync(at(path, "dist", "tsconfig.tsbuildinfo"))) &&
  isStamped(STAMP, hashOf(sources()));

/**
 * @param {string[]} [only] projects; all there are, tests and scripts too, if left out
 * @returns {Promise<{ code: number, output: string }>} code 0: built, without errors
 */
export async function compile(only = []) {
  const made = hashOf(sources());
  const result = await exec(process.execPath, [at("node_modules/typescript/bin/tsc"), "-b", ...only]);
  if (result.code === 0) stamp(STAMP, made);
  return result;
}

export const buildTypes = () =>
  step("TypeScript built", async () => {
    const { code, output } = await compile(projects());
    if (code === 0) return;
    throw new SetupError(`TypeScript found errors (npm run types shows all):\n\n${firstLines(output, 20)}`);
  });

/**
 * @param {string} text
 * @param {number} count
 */
function firstLines(text, count) {
  const lines = text.trim().split("\n");
  const more = lines.length - count;
  return [...lines.slice(0, count), ...(more > 0 ? [`… and ${more} more lines`] : [])].join("\n");
}
