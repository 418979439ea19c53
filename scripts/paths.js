import { fileURLToPath } from "node:url";
import { join } from "node:path";

/** The root of the checkout, without a trailing slash. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

/** @param {...string} parts */
export const at = (...parts) => join(root, ...parts);
