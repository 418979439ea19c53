import { readFileSync } from "node:fs";

/**
 * @param {string} path
 * @returns {string | null} null: there is nothing to read
 */
export function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
