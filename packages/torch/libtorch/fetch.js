import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./cache-folder.js";
import { download } from "./download.js";
import { exec } from "./exec.js";
import { cachedFolder, checked, findCached, platform, variant, VERSION } from "./find.js";
import { locked } from "./lock.js";
import { SetupError, megabytes, progress, step } from "./say.js";

/** The wheel tags are given explicitly, so that any Python's pip will fetch them, whatever its own version. */
const PLATFORMS = {
  "linux-x64": [
    "manylinux_2_28_x86_64",
    "manylinux_2_27_x86_64",
    "manylinux_2_25_x86_64",
    "manylinux_2_18_x86_64",
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
  ],
  "linux-arm64": [
    "manylinux_2_28_aarch64",
    "manylinux_2_27_aarch64",
    "manylinux_2_25_aarch64",
    "manylinux_2_18_aarch64",
    "manylinux2014_aarch64",
  ],
  "darwin-arm64": ["macosx_14_0_arm64"],
};

/** Parts of a wheel that libtorch needs: libraries and headers, without Python's own parts and test data. */
const WANTED = "^torch/(lib|include)/|^nvidia/.*/(lib|include)/|^torch/version\\.py$|/licenses/|\\.dist-info/LICENSE";
const NEVER = "_python|libshm|libnvperf|libpcsamplingutil|\\.a$|pybind11/";
const CUDA_ONLY =
  "|libtorch_cuda|libc10_cuda|libtorch_nvshmem|libcaffe2_nvrtc|/libtorch\\.so|^nvidia/(?!cu13/lib/lib(cudart|cupti)\\.so|cu13/include/)";

/** @param {string} name */
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Program that unpacks of a wheel what two patterns say. */
export const UNPACK = beside("unpack.py");

/** Fetches, checks and unpacks libtorch into the user's cache, once for all checkouts and installations. */
export async function fetchLibtorch(of = platform()) {
  const target = cachedFolder(of);
  makeCache();
  await locked(`${target}.lock`, async () => {
    if (findCached(of) !== null) return; // another set-up was quicker
    removeLeftovers(target);
    const wheels = `${target}.wheels`; // kept when a download is cut off: whole files are not fetched again
    await step(`libtorch ${VERSION} (${variant(of)}) fetched`, () =>
      download({ into: wheels, requirements: requirements(of), tags: tags(of) }),
    );
    await step("libtorch unpacked", () => unpack(wheels, target, variant(of)));
    rmSync(wheels, { recursive: true, force: true });
  });
  return target;
}

/** Makes the folder of downloads, before anything is asked of the network. */
function makeCache() {
  const folder = cacheFolder();
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SetupError(
      `Downloads are kept in ${folder}, which cannot be written (${why}): set TRAINER_CACHE to a folder that can be.`,
    );
  }
}

/**
 * Removes what a killed set-up left half-made; the lock excludes a running one.
 * @param {string} target
 */
function removeLeftovers(target) {
  const started = `${basename(target)}.`;
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(started) && name.includes(".tmp-"))
      rmSync(join(dirname(target), name), { recursive: true, force: true });
  }
}

/** @param {string} of */
const requirements = (of) => [beside("cpu.txt"), ...(variant(of) === "cuda" ? [beside("cuda.txt")] : [])];

/** @param {string} of */
function tags(of) {
  for (const [name, list] of Object.entries(PLATFORMS)) if (name === of) return list;
  throw new SetupError(
    `There is no libtorch ${VERSION} for ${of}: it is published for ${Object.keys(PLATFORMS).join(", ")}.\n` +
      "  If you built one yourself, set LIBTORCH to the folder that holds torch/lib and torch/include.",
  );
}

/**
 * @param {string} wheels
 * @param {string} target
 * @param {"cpu" | "cuda"} kind
 */
async function unpack(wheels, target, kind) {
  mkdirSync(cacheFolder(), { recursive: true });
  const tmp = mkdtempSync(`${target}.tmp-`);
  const unwanted = NEVER + (kind === "cpu" ? CUDA_ONLY : "");
  try {
    for (const file of readdirSync(wheels).filter((name) => name.endsWith(".whl"))) {
      const { code, output } = await exec("python3", [UNPACK, join(wheels, file), tmp, WANTED, unwanted], {
        onLine: (line) => {
          const [done, total] = line.split(" ").map(Number);
          if (total) progress(`… unpacking libtorch: ${megabytes(done ?? 0)} of ${megabytes(total)}`);
        },
      });
      if (code === 0) continue;
      if (/No space left/.test(output))
        throw new SetupError(
          `The disk is full: libtorch needs about 600 MB in ${cacheFolder()}.\n  Make room, or set TRAINER_CACHE to a folder on a larger disk.`,
        );
      throw new SetupError(
        `Unpacking ${file} failed:\n${output.trim().split("\n").slice(-5).join("\n")}\n  Delete ${wheels} and try again.`,
      );
    }
    checked(tmp);
    rmSync(target, { recursive: true, force: true });
    renameSync(tmp, target);
  } catch (error) {
    rmSync(tmp, { recursive: true, force: true });
    throw error;
  }
}
