// Where libtorch is, and how to get it: loads no native code.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { findLibtorch } from "../libtorch/index.js";
import { builtAddon } from "./addon-path.js";

export { cacheFolder, fetchLibtorch, findLibtorch, VERSION as LIBTORCH_VERSION } from "../libtorch/index.js";

/** A program for node that fetches libtorch unless it is there; progress on stdout, the reason of a failure on stderr. */
export const setupProgram = fileURLToPath(new URL("../libtorch/setup.js", import.meta.url));

/**
 * True if @trainer/torch cannot be loaded before libtorch is fetched. An addon that was built here has the path of its
 * own libtorch in it.
 * @throws SetupError where LIBTORCH names a folder that holds none
 */
export const libtorchIsMissing = (addon: string = builtAddon): boolean => !existsSync(addon) && findLibtorch() === null;
