import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { at } from "../paths.js";
import { SetupError } from "../say.js";
import { read } from "../stamp.js";

/** @typedef {{ dependencies?: Readonly<Record<string, string>> }} Dependent */

/**
 * The licences of all that a package may have bundled: of its dependencies, and of theirs.
 * @param {Dependent} manifest
 */
export function bundledLicences(manifest) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  /** @param {Dependent} dependent */
  const visit = ({ dependencies = {} }) => {
    for (const name of Object.keys(dependencies).filter((each) => !texts.has(each))) {
      const folder = at("node_modules", name);
      const own = JSON.parse(read(join(folder, "package.json")) ?? "{}");
      texts.set(name, name.startsWith("@trainer/") ? "" : licenceOf(folder, own));
      visit(own);
    }
  };
  visit(manifest);
  return [...texts.values()].filter((text) => text !== "").join(`\n${"─".repeat(80)}\n`);
}

/**
 * @param {string} folder
 * @param {{ name?: string, version?: string, license?: string, author?: unknown }} manifest
 */
function licenceOf(folder, { name, version, license, author }) {
  const file = existsSync(folder) ? readdirSync(folder).find((each) => /^licen[cs]e(\.|$)/i.test(each)) : undefined;
  if (file === undefined && license === undefined) throw new SetupError(`${folder} has no licence.`);
  const text = file === undefined ? `${license}, ${JSON.stringify(author ?? name)}` : read(join(folder, file));
  return `${name} ${version} (${license})\n\n${text}\n`;
}
