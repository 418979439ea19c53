import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { read } from "../packages/torch/libtorch/read.js";
import { at, root } from "./paths.js";

export { read };

// A stamp holds the hash of a finished step's inputs. It is written last, so an interrupted step has none.

/** @param {string} name */
const stampPath = (name) => at("build", "stamps", name);

/**
 * @param {string} name
 * @param {string} value
 */
export const isStamped = (name, value) => read(stampPath(name)) === value;

/**
 * @param {string} name
 * @param {string} value
 */
export function stamp(name, value) {
  writeWhole(stampPath(name), value);
}

/**
 * @param {string} path
 * @param {string} text
 */
export function writeWhole(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const tmp = `${path}.${process.pid}.tmp`;
  writeFileSync(tmp, text);
  renameSync(tmp, path);
}

/**
 * A hash over names and contents, so that it survives a fresh checkout, where times mean nothing.
 * @param {Iterable<string>} files absolute paths
 * @param {...string} extra further inputs of the step
 */
export function hashOf(files, ...extra) {
  const hash = createHash("sha256");
  for (const part of extra) hash.update(`${part}\0`);
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex");
}

const SKIPPED = new Set(["node_modules", "dist", "build", "build-sanitize", "coverage", "fixtures"]);

/**
 * Every file below a folder whose name the pattern matches, sorted; none when the folder is missing.
 * @param {string} folder
 * @param {RegExp} pattern
 * @returns {string[]}
 */
export function filesIn(folder, pattern) {
  /** @type {string[]} */
  const found = [];
  for (const entry of list(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) found.push(...filesIn(path, pattern));
    else if (entry.isFile() && pattern.test(entry.name)) found.push(path);
  }
  return found.sort();
}

/** @param {string} folder */
function list(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
