// From a fresh clone to a built project. Each step is skipped when what it would make is there already, and each can be
// cut off at any moment: the next run repairs it. Plain JavaScript without dependencies, since nothing is installed yet.
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { exec } from "./exec.js";
import { fetchLibtorch, findLibtorch } from "./libtorch.js";
import { locked } from "./lock.js";
import { NATIVE, nativeBuild } from "./native.js";
import { installPackages, packagesAreCurrent } from "./packages.js";
import { at } from "./paths.js";
import { checkNode, requireTools } from "./prerequisites.js";
import { run, say } from "./say.js";
import { fetchSentencePiece, findSentencePiece, forgetUnavailable, sentencePieceIsSettled } from "./sentencepiece.js";
import { buildTypes, typesAreCurrent } from "./types.js";
import { buildWeb, webIsCurrent } from "./web.js";

/**
 * @param {{ nativeOnly?: boolean, typescript?: boolean }} [options] nativeOnly: stop before TypeScript; typescript:
 * false where the caller builds and reports it itself
 * @returns {Promise<{ libtorch: string }>}
 */
export async function bootstrap({ nativeOnly = false, typescript = !nativeOnly } = {}) {
  checkNode();
  const libtorch = findLibtorch();
  if (libtorch !== null && packagesAreCurrent() && nativeIsCurrent(libtorch) && (!typescript || builtIsCurrent()))
    return { libtorch };
  return locked(at("build", "bootstrap.lock"), () => setUp(typescript));
}

const builtIsCurrent = () => typesAreCurrent() && webIsCurrent();

/** @param {string} libtorch */
const nativeIsCurrent = (libtorch) =>
  sentencePieceIsSettled() &&
  NATIVE.every((pkg) => nativeBuild(pkg, { libtorch, sentencepiece: findSentencePiece() }).isCurrent());

/** @param {boolean} typescript */
async function setUp(typescript) {
  // One look at all that will be needed, so that a person installs everything in one go.
  const found = findLibtorch();
  if (found === null) await requireTools(["python", "pip", "compiler", "cmake"]);
  else if (!packagesAreCurrent() || !nativeIsCurrent(found)) await requireTools(["compiler", "cmake"]);
  if (!packagesAreCurrent()) await installPackages();
  const libtorch = found ?? (await fetchLibtorch());
  const sentencepiece = await fetchSentencePiece();
  for (const pkg of NATIVE) {
    const native = nativeBuild(pkg, { libtorch, sentencepiece });
    if (!native.isCurrent()) await native.build();
  }
  if (typescript && !typesAreCurrent()) await buildTypes();
  if (typescript && !webIsCurrent()) await buildWeb();
  await useHooks();
  return { libtorch };
}

/** The repository's own commit hook, unless the person has chosen another. */
async function useHooks() {
  if (process.env["CI"] || !existsSync(at(".git"))) return;
  if ((await exec("git", ["config", "core.hooksPath"])).code === 0) return;
  await exec("git", ["config", "core.hooksPath", ".githooks"]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run(async () => {
    if (!findSentencePiece()) forgetUnavailable();
    const { libtorch } = await bootstrap({ nativeOnly: process.argv.includes("--native-only") });
    say(`Ready. libtorch: ${libtorch}`);
  });
}
