import { readdirSync } from "node:fs";
import { at } from "../paths.js";
import { read } from "../stamp.js";

/**
 * @typedef {object} Manifest what package.json says of a workspace
 * @property {string} name
 * @property {string} version
 * @property {string} description
 * @property {readonly string[]} [files]
 * @property {Readonly<Record<string, string>>} [dependencies]
 */

/**
 * @typedef {object} Workspace one that is published
 * @property {string} folder from the root
 * @property {string} name under which it is published
 * @property {Manifest} manifest
 */

/** Names under which workspaces are published, where they are others than here. */
const NAMES = /** @type {Readonly<Record<string, string>>} */ ({ "@trainer/cli": "model-trainer" });

/**
 * The workspaces that are published, those that name `files`, each after those that it depends on.
 * @returns {Workspace[]}
 */
export function published() {
  const all = ["packages", "services", "apps"]
    .flatMap((group) => readdirSync(at(group)).map((name) => `${group}/${name}`))
    .map((folder) => ({ folder, manifest: manifestOf(folder) }))
    .filter(({ manifest }) => manifest.files !== undefined)
    .map(({ folder, manifest }) => ({ folder, manifest, name: NAMES[manifest.name] ?? manifest.name }));
  /** @type {Workspace[]} */
  const ordered = [];
  /** @param {Workspace} each */
  const add = (each) => {
    if (ordered.includes(each)) return;
    for (const name of Object.keys(each.manifest.dependencies ?? {}))
      for (const other of all.filter(({ manifest }) => manifest.name === name)) add(other);
    ordered.push(each);
  };
  all.forEach(add);
  return ordered;
}

/**
 * @param {string} folder
 * @returns {Manifest}
 */
const manifestOf = (folder) => JSON.parse(read(at(folder, "package.json")) ?? "{}");
