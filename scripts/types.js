import { existsSync } from "node:fs";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { SetupError, step } from "./say.js";
import { filesIn, hashOf, isStamped, read, stamp } from "./stamp.js";

const STAMP = "types";

/** Everything `tsc -b` reads of ours; what it reads of others changes with the lockfile. */
const sources = () => [
  at("tsconfig.base.json"),
  at("tsconfig.json"),
  at("package-lock.json"),
  ...["packages", "apps", "bench"].flatMap((folder) => filesIn(at(folder), /^(package|tsconfig)\.json$|\.tsx?$/)),
];

/** @returns {string[]} the folders that the root tsconfig.json refers to */
const projects = () =>
  (JSON.parse(read(at("tsconfig.json")) ?? "{}").references ?? []).map(
    (/** @type {{ path: string }} */ one) => one.path,
  );

export const typesAreCurrent = () =>
  projects().every((path) => existsSync(at(path, "dist", "index.js"))) && isStamped(STAMP, hashOf(sources()));

export const buildTypes = () =>
  step("TypeScript built", async () => {
    const made = hashOf(sources());
    const { code, output } = await exec(process.execPath, [at("node_modules/typescript/bin/tsc"), "-b"]);
    if (code !== 0) throw new SetupError(`TypeScript found errors:\n\n${output.trim()}`);
    stamp(STAMP, made);
  });
