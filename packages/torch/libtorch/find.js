import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { cacheFolder } from "./cache-folder.js";
import { read } from "./read.js";
import { SetupError } from "./say.js";

export const VERSION = "2.15.0";

export const platform = () => `${process.platform}-${process.arch}`;

/** Folder in the cache of the libtorch for a platform, there or not. */
export const cachedFolder = (of = platform()) => join(cacheFolder(), `libtorch-${VERSION}-${of}-${variant(of)}`);

/**
 * The folder that holds torch/lib and torch/include, or null when it must be fetched first.
 * @returns {string | null}
 */
export function findLibtorch() {
  const own = process.env["LIBTORCH"];
  return own ? checked(resolve(own)) : findCached();
}

/**
 * The folder in the cache, or null when it must be fetched first.
 * @returns {string | null}
 */
export function findCached(of = platform()) {
  const cached = cachedFolder(of);
  // Folders of earlier versions lack CUDA's headers, which the kernels for GPUs are compiled with.
  const whole = ["torch/version.py", ...(of.startsWith("linux") ? ["nvidia/cu13/include/crt/host_defines.h"] : [])];
  return whole.every((path) => existsSync(join(cached, path))) ? cached : null;
}

/**
 * CUDA's libraries are gigabytes: installed only with a driver, or if LIBTORCH_VARIANT requests them.
 * @returns {"cpu" | "cuda"}
 */
export function variant(of = platform()) {
  if (of !== platform()) return "cpu";
  const asked = process.env["LIBTORCH_VARIANT"];
  if (asked === "cpu" || asked === "cuda") return asked;
  const driver = ["/dev/nvidia0", "/dev/nvidiactl", "/usr/lib/wsl/lib/libcuda.so.1"].some((path) => existsSync(path));
  return process.platform === "linux" && driver ? "cuda" : "cpu";
}

/** @param {string} folder */
export function checked(folder) {
  const version = read(join(folder, "torch", "version.py"))?.match(/__version__ = '([^']+)'/)?.[1];
  const ask =
    "  Set it to a folder with torch/lib and torch/include, such as site-packages of a Python that has\n" +
    `  torch ${VERSION} installed, or unset it and the right one is fetched.`;
  if (!existsSync(libtorchCpu(folder)))
    throw new SetupError(`LIBTORCH is ${folder}, but there is no torch/lib/libtorch_cpu in it.\n${ask}`);
  if (!version?.startsWith("2.15."))
    throw new SetupError(
      `LIBTORCH is ${folder}, which holds torch ${version ?? "of unknown version"}, not 2.15.\n${ask}`,
    );
  return folder;
}

/**
 * Path of the library that brings all others of a libtorch with it.
 * @param {string} folder
 */
export const libtorchCpu = (folder) =>
  join(folder, "torch", "lib", process.platform === "darwin" ? "libtorch_cpu.dylib" : "libtorch_cpu.so");
