import { exec as execute } from "../packages/torch/libtorch/exec.js";
import { root } from "./paths.js";

/**
 * Runs a program to its end in the checkout's root, unless another folder is named.
 * @type {typeof execute}
 */
export const exec = (program, args, options) => execute(program, args, { cwd: root, ...options });
