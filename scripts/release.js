// npm run release [-- --trial]: packs all that is published into build/release/tarballs, checks it, and says what is to be
// published, in which order. It publishes nothing. --trial: also of a version that CHANGELOG.md does not have yet.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { exec } from "./exec.js";
import { at, root } from "./paths.js";
import { consumer, problemsOf } from "./release/check.js";
import { published } from "./release/published.js";
import { stage, stageNative } from "./release/stage.js";
import { SetupError, run, say, step } from "./say.js";
import { read } from "./stamp.js";
import { buildTypes, typesAreCurrent } from "./types.js";
import { buildWeb, webIsCurrent } from "./web.js";

const FOLDER = at("build", "release");
const STAGE = join(FOLDER, "stage");
const TARBALLS = join(FOLDER, "tarballs");

/** @typedef {{ name: string, version: string, filename: string, size: number, unpackedSize: number, entryCount: number }} Packed */

const { values } = parseArgs({ options: { trial: { type: "boolean", default: false } } });

await run(async () => {
  const { version } = JSON.parse(read(at("package.json")) ?? "{}");
  if (!values.trial) assertInChangelog(version);
  if (!typesAreCurrent()) await buildTypes();
  if (!webIsCurrent()) await buildWeb();
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(TARBALLS, { recursive: true });
  const workspaces = published();
  const native = stageNative(STAGE, version);
  const folders = [...native.folders, ...(await stage(workspaces, STAGE, native.platforms))];
  check(folders);
  await step("types found by a program that imports all of it", () => checkTypes(folders));
  const packed = await step("packed", () => pack(folders));
  tell(packed, native.platforms);
});

/** @param {string} version */
function assertInChangelog(version) {
  if ((read(at("CHANGELOG.md")) ?? "").includes(`\n## [${version}]`)) return;
  throw new SetupError(
    `CHANGELOG.md has no heading "## [${version}] - <date>": what is under Unreleased belongs to it. To try: npm run release -- --trial`,
  );
}

/** @param {string} folder */
function manifestIn(folder) {
  return JSON.parse(read(join(folder, "package.json")) ?? "{}");
}

/** @param {readonly string[]} folders */
function check(folders) {
  const manifests = folders.map(manifestIn);
  const names = manifests.map(({ name }) => name);
  const problems = folders.flatMap((folder, i) => {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const files = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    return problemsOf(manifests[i], files, names);
  });
  if (problems.length > 0) throw new SetupError(`What was packed is not right:\n  ${problems.join("\n  ")}`);
}

/** @param {readonly string[]} folders */
async function checkTypes(folders) {
  writeFileSync(join(STAGE, "consumer.mts"), consumer(folders.map(manifestIn)));
  const options = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--skipLibCheck",
    "--types",
    "node",
  ];
  const lib = ["--lib", "es2023,es2024.string,esnext.disposable,esnext.collection,esnext.iterator"];
  const tsc = at("node_modules/typescript/bin/tsc");
  const { code, output } = await exec(process.execPath, [tsc, ...options, ...lib, "--ignoreConfig", "consumer.mts"], {
    cwd: STAGE,
  });
  if (code !== 0) throw new SetupError(`Types are not found:\n${output}`);
}

/**
 * @param {readonly string[]} folders
 * @returns {Promise<Packed[]>}
 */
async function pack(folders) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", TARBALLS, ...folders];
  const { code, stdout, output } = await exec("npm", args);
  if (code !== 0) throw new SetupError(`npm pack failed:\n${output}`);
  return Object.values(JSON.parse(stdout));
}

/**
 * @param {readonly Packed[]} packed
 * @param {readonly string[]} platforms
 */
function tell(packed, platforms) {
  /** @param {number} bytes */
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`.padStart(10);
  say("\nTo be published, in this order; each is there before what depends on it:\n");
  for (const { name, filename, size, unpackedSize, entryCount } of packed) {
    say(
      `${name.padEnd(28)}${kilobytes(size)}, unpacked${kilobytes(unpackedSize)}, ${String(entryCount).padStart(4)} files`,
    );
    if (!existsSync(join(TARBALLS, filename))) throw new SetupError(`npm pack wrote no ${filename}.`);
  }
  say(`\nNative parts are there for ${platforms.join(", ") || "no platform: node scripts/prebuild.js builds them"}.`);
  say("\nWhoever may publish types, in a clean checkout of the tag, where provenance can be attested:\n");
  const folder = relative(root, TARBALLS);
  for (const { filename } of packed) say(`  npm publish --provenance --access public ${join(folder, filename)}`);
  say("\nNothing has been published.");
}
