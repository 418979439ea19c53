import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exec } from "./exec.js";
import { SetupError, megabytes, progress } from "./say.js";

/** The lists of wheels, as a person finds them. */
const PINS = fileURLToPath(new URL("*.txt", import.meta.url));

/** @typedef {{ text: string, hashes: string[] }} Pin one requirement with its hashes */

/**
 * Downloads every pinned wheel into a folder, by pip. One that is there with the right hash is kept.
 * @param {{ into: string, requirements: string[], tags: string[] }} options
 */
export async function download({ into, requirements, tags }) {
  mkdirSync(into, { recursive: true });
  const have = await hashesIn(into);
  const wanted = pins(requirements).filter((pin) => !pin.hashes.some((hash) => have.has(hash)));
  if (wanted.length === 0) return;
  checkSpace(into, requirements.length > 1 ? 8e9 : 1.3e9);
  const tmp = mkdtempSync(`${into}.tmp-`);
  const ticker = showGrowth(tmp);
  try {
    for (const pin of wanted) {
      await pipDownload(pin, tmp, tags);
      for (const file of readdirSync(tmp).filter((name) => name.endsWith(".whl")))
        renameSync(join(tmp, file), join(into, file));
    }
  } finally {
    clearInterval(ticker);
    rmSync(tmp, { recursive: true, force: true });
  }
}

/**
 * @param {Pin} pin
 * @param {string} folder
 * @param {string[]} tags
 */
async function pipDownload(pin, folder, tags) {
  const list = join(folder, "requirements.txt");
  writeFileSync(list, pin.text);
  const args = [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--no-cache-dir",
    "--only-binary=:all:",
    "--require-hashes",
    "--disable-pip-version-check",
  ];
  const tagArgs = [
    "--python-version",
    "3.12",
    "--implementation",
    "cp",
    "--abi",
    "cp312",
    "--abi",
    "none",
    ...tags.flatMap((tag) => ["--platform", tag]),
  ];
  // pip writes what it fetches to TMPDIR first: keep that on the disk that was found large enough. A connection that
  // breaks is taken up where it broke by pip 25.1 and later; earlier ones know no such setting and begin again.
  const env = { PIP_RESUME_RETRIES: "5", ...process.env, TMPDIR: folder, PIP_PROGRESS_BAR: "off" };
  const { code, output } = await exec("python3", [...args, ...tagArgs, "-r", list, "-d", folder], { env });
  rmSync(list);
  if (code !== 0) throw new SetupError(explain(pin, code, output, dirname(folder)));
}

/**
 * @param {Pin} pin
 * @param {number} code
 * @param {string} output pip's output
 * @param {string} cache
 */
export function explain(pin, code, output, cache) {
  const name = pin.text.split(/[ \\]/)[0] ?? "";
  const last = output.trim().split("\n").slice(-8).join("\n    ");
  const other = "Or, on a machine that has torch 2.15.0 for Python, set LIBTORCH to its site-packages folder.";
  if (code === 130 || code === 143 || /cancelled by user/.test(output))
    return `The download of ${name} was interrupted. Run the same command again to go on.`;
  if (/DO NOT MATCH THE HASHES/.test(output)) {
    return `${name} came with the wrong hash, so it was thrown away:\n    ${last}\n  A proxy or mirror changed it, or the download was cut off. Try again; if it stays, use another network or index.\n  ${other}`;
  }
  if (/No space left on device|Errno 28/.test(output)) {
    return `The disk filled up while ${name} was fetched into ${cache}.\n  Make room there (1.3 GB), or set TRAINER_CACHE to a folder on a larger disk.`;
  }
  if (code === 127)
    return `There is no python3 here, whose pip fetches libtorch. Install it: apt-get install python3-pip, dnf install python3-pip, or brew install python.\n  ${other}`;
  if (/No module named pip/.test(output))
    return `python3 has no pip. Install it: apt-get install python3-pip, dnf install python3-pip, or python3 -m ensurepip.`;
  if (
    /NewConnectionError|name resolution|Name or service not known|Connection refused|ConnectTimeout|timed out|ProxyError|Network is unreachable|SSLError/.test(
      output,
    )
  ) {
    return `${name} could not be fetched: pip does not reach its package index.\n    ${last}\n  Check the network, and pip's index and proxy settings (python3 -m pip config list).\n  Without a network: put the wheels named in ${PINS} into a folder and set PIP_FIND_LINKS=<folder> PIP_NO_INDEX=1.\n  ${other}`;
  }
  if (/No matching distribution|Could not find a version/.test(output)) {
    return `pip's index does not have ${name} for this platform:\n    ${last}\n  Check pip's index settings (python3 -m pip config list).\n  ${other}`;
  }
  return `pip could not fetch ${name} (exit code ${code}):\n    ${last}\n  ${other}`;
}

/**
 * @param {string} folder
 * @param {number} needed bytes
 */
function checkSpace(folder, needed) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= needed) return;
  throw new SetupError(
    `There is too little room for libtorch: ${folder} has ${megabytes(bavail * bsize)} free, and ${megabytes(needed)} are needed.\n` +
      "  Make room, or set TRAINER_CACHE to a folder on a larger disk.",
  );
}

/**
 * pip's own progress needs a terminal; the size of its folder tells the same.
 * @param {string} folder
 */
function showGrowth(folder) {
  const started = Date.now();
  return setInterval(() => {
    const bytes = sizeOf(folder);
    const rate = bytes / Math.max(1, (Date.now() - started) / 1000);
    progress(`… fetching libtorch (about 550 MB without CUDA): ${megabytes(bytes)}, ${megabytes(rate)}/s`);
  }, 500);
}

/**
 * @param {string} folder
 * @returns {number}
 */
function sizeOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(folder, entry.name);
      return sum + (entry.isDirectory() ? sizeOf(path) : statSync(path).size);
    }, 0);
  } catch {
    return 0; // pip moved something meanwhile; the next look will see it
  }
}

/**
 * @param {string[]} files
 * @returns {Pin[]}
 */
function pins(files) {
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
  return text
    .replace(/^#.*$/gm, "")
    .split(/\n(?=[a-z])/)
    .map((part) => part.trim())
    .filter((part) => part !== "" && (process.platform === "linux" || !part.includes("sys_platform")))
    .map((part) => ({
      text: part,
      hashes: [...part.matchAll(/sha256:([0-9a-f]{64})/g)].map((match) => match[1] ?? ""),
    }));
}

/** @param {string} folder */
async function hashesIn(folder) {
  /** @type {Set<string>} */
  const hashes = new Set();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".whl"))) {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(join(folder, file), { highWaterMark: 1 << 20 })) hash.update(chunk);
    hashes.add(hash.digest("hex"));
  }
  return hashes;
}
