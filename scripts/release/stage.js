import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exec } from "../exec.js";
import { at } from "../paths.js";
import { SetupError } from "../say.js";
import { read } from "../stamp.js";
import { bundledLicences } from "./licences.js";

/** @typedef {import("./published.js").Workspace} Workspace */

/** Fields of package.json that are for a checkout alone. */
const OURS_ALONE = new Set(["private", "scripts", "devDependencies"]);

/** Packages whose native parts come in packages of their own, one a platform. */
const NATIVE = new Set(["@trainer/torch", "@trainer/tokenizers"]);

/** The package that is bundled: what it depends on is in its files. */
const BUNDLED = "@trainer/web";

/**
 * Copies what is published of the workspaces, as packages below `folder`/node_modules, so that they find each other.
 * @param {readonly Workspace[]} workspaces
 * @param {string} folder
 * @param {readonly string[]} platforms for which there are native parts
 * @returns {Promise<string[]>} the packages' folders
 */
export async function stage(workspaces, folder, platforms) {
  const files = await filesOf(workspaces);
  return workspaces.map((each) => {
    const to = join(folder, "node_modules", each.name);
    for (const path of (files.get(each.manifest.name) ?? []).filter((name) => !isStale(each.folder, name))) {
      mkdirSync(dirname(join(to, path)), { recursive: true });
      copyFileSync(at(each.folder, path), join(to, path));
    }
    copyFileSync(at("LICENSE"), join(to, "LICENSE"));
    if (each.name === BUNDLED) writeFileSync(join(to, "THIRD-PARTY-LICENSES"), bundledLicences(each.manifest));
    writeFileSync(join(to, "package.json"), `${JSON.stringify(manifestOf(each, platforms), null, 2)}\n`);
    return to;
  });
}

/**
 * Files of each package by what npm makes of `files`.
 * @param {readonly Workspace[]} workspaces
 * @returns {Promise<Map<string, string[]>>} by name
 */
export async function filesOf(workspaces) {
  const chosen = workspaces.flatMap(({ folder }) => ["--workspace", folder]);
  const { code, stdout, output } = await exec("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", ...chosen]);
  if (code !== 0) throw new SetupError(`npm pack failed:\n${output}`);
  /** @type {{ name: string, files: { path: string }[] }[]} */
  const packs = Object.values(JSON.parse(stdout));
  return new Map(packs.map(({ name, files }) => [name, files.map(({ path }) => path)]));
}

/**
 * True for what an earlier build left, whose source is gone.
 * @param {string} folder
 * @param {string} path
 */
function isStale(folder, path) {
  const [, name] = /^dist\/(?!pages\/)(.*)\.(?:js|d\.ts)$/.exec(path) ?? [];
  return name !== undefined && !["ts", "tsx"].some((ext) => existsSync(at(folder, "src", `${name}.${ext}`)));
}

/**
 * @param {Workspace} workspace
 * @param {readonly string[]} platforms
 */
function manifestOf({ name, manifest }, platforms) {
  const { engines } = JSON.parse(read(at("package.json")) ?? "{}");
  const kept = Object.fromEntries(Object.entries(manifest).filter(([field]) => !OURS_ALONE.has(field)));
  const optional = platforms.map((platform) => [`@trainer/native-${platform}`, manifest.version]);
  return {
    ...kept,
    name,
    engines,
    ...(name === BUNDLED ? { dependencies: {}, files: [...(manifest.files ?? []), "THIRD-PARTY-LICENSES"] } : {}),
    ...(name === "model-trainer" ? { bin: { trainer: "bin/trainer.js", "model-trainer": "bin/trainer.js" } } : {}),
    ...(NATIVE.has(name) && optional.length > 0 ? { optionalDependencies: Object.fromEntries(optional) } : {}),
  };
}

/**
 * Copies the packages with native parts that scripts/prebuild.js has made.
 * @param {string} folder
 * @param {string} version that they must be of
 * @returns {{ platforms: string[], folders: string[] }}
 */
export function stageNative(folder, version) {
  const built = existsSync(at("build/prebuild")) ? readdirSync(at("build/prebuild")) : [];
  const platforms = built.filter((name) => existsSync(at("build/prebuild", name, "package/package.json")));
  const folders = platforms.map((name) => {
    const from = at("build/prebuild", name, "package");
    const made = JSON.parse(read(join(from, "package.json")) ?? "{}").version;
    if (made !== version)
      throw new SetupError(`${from} is of version ${made}, not ${version}: node scripts/prebuild.js ${name}`);
    const to = join(folder, "node_modules", `@trainer/native-${name}`);
    cpSync(from, to, { recursive: true });
    return to;
  });
  return { platforms, folders };
}
