import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { cacheFolder } from "./libtorch.js";
import { exec } from "./exec.js";
import { locked } from "./lock.js";
import { at } from "./paths.js";
import { say, step } from "./say.js";
import { hashOf, isStamped, stamp } from "./stamp.js";

const SOURCE = at("scripts/sentencepiece/source.txt");
const VERSION = /^sentencepiece==(\S+)/m.exec(readFileSync(SOURCE, "utf8"))?.[1];
const folder = () => join(cacheFolder(), `sentencepiece-${VERSION}`);
// A failed download is repeated by the set-up alone, not by every command.
const UNAVAILABLE = "sentencepiece-unavailable";

/** The folder that holds SentencePiece's src and third_party, or null where it has not been fetched. */
export const findSentencePiece = () => (existsSync(join(folder(), "VERSION.txt")) ? folder() : null);

/** True if it is there, or known to be unavailable. */
export const sentencePieceIsSettled = () => findSentencePiece() !== null || isStamped(UNAVAILABLE, hashOf([SOURCE]));

/** Lets the next set-up try again. */
export const forgetUnavailable = () => stamp(UNAVAILABLE, "");

/**
 * Fetches, checks and unpacks SentencePiece's source into the user's cache. Everything else works without it: where it
 * is unavailable the set-up reports so and continues.
 * @returns {Promise<string | null>} its folder
 */
export async function fetchSentencePiece() {
  if (sentencePieceIsSettled()) return findSentencePiece();
  const target = folder();
  await locked(`${target}.lock`, async () => {
    if (findSentencePiece() !== null) return; // another checkout's set-up was quicker
    const problem = await step(`SentencePiece ${VERSION}: source fetched`, () => fetchInto(target));
    if (problem === null) return;
    say(
      `! SentencePiece's source could not be had, so there will be no "sentencepiece" tokenizer:\n    ${problem}\n` +
        '  To try again, such as with pip\'s settings for a proxy or PIP_FIND_LINKS=<folder>: "npm run build:native".',
    );
    stamp(UNAVAILABLE, hashOf([SOURCE]));
  });
  return findSentencePiece();
}

/**
 * @param {string} target
 * @returns {Promise<string | null>} what went wrong
 */
async function fetchInto(target) {
  removeLeftovers(target);
  mkdirSync(dirname(target), { recursive: true });
  const tmp = mkdtempSync(`${target}.tmp-`);
  try {
    const problem = (await download(tmp)) ?? (await unpack(tmp));
    if (problem === null) renameSync(join(tmp, "source"), target);
    return problem;
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
}

/**
 * Removes what a killed set-up left; the lock excludes a running one.
 * @param {string} target
 */
function removeLeftovers(target) {
  for (const name of existsSync(dirname(target)) ? readdirSync(dirname(target)) : [])
    if (name.startsWith(`${basename(target)}.tmp-`)) rmSync(join(dirname(target), name), { recursive: true });
}

/** @param {string} tmp */
async function download(tmp) {
  const args = ["--no-deps", "--no-cache-dir", "--no-binary=:all:", "--require-hashes", "--disable-pip-version-check"];
  // pip wants a source distribution's metadata: backend/ gives it without running what was fetched.
  const env = {
    ...process.env,
    TMPDIR: tmp,
    PIP_PROGRESS_BAR: "off",
    PYTHONPATH: at("scripts/sentencepiece/backend"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  return failure(
    await exec("python3", ["-m", "pip", "download", ...args, "--no-build-isolation", "-r", SOURCE, "-d", tmp], { env }),
  );
}

/** @param {string} tmp */
async function unpack(tmp) {
  const archive = readdirSync(tmp).find((name) => name.endsWith(".tar.gz")) ?? "";
  const source = join(tmp, "source");
  mkdirSync(source);
  const problem = failure(await exec("python3", [at("scripts/sentencepiece/unpack.py"), join(tmp, archive), source]));
  if (problem === null) writeFileSync(join(source, "VERSION.txt"), `${VERSION}\n`);
  return problem;
}

/** @param {{ code: number, output: string }} result */
const failure = ({ code, output }) => (code === 0 ? null : output.trim().split("\n").slice(-4).join("\n    "));
