import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

// The build with sanitizers is beside the ordinary one: `npm run test:sanitize` names its folder.
const build = process.env["TRAINER_NATIVE_BUILD"] ?? "build";

/** Path of the addon that was built in this checkout, there or not. */
export const builtAddon = fileURLToPath(new URL(`../${build}/torch.node`, import.meta.url));

/** Package with the addons that were built for machines like this one. */
export const prebuiltPackage = `@trainer/native-${process.platform}-${process.arch}`;

/** Path of the prebuilt addon, or null where its package is not installed beside the module at `from`. */
export function prebuiltAddon(from: string | URL = import.meta.url): string | null {
  try {
    return createRequire(from).resolve(`${prebuiltPackage}/torch.node`);
  } catch {
    return null;
  }
}
