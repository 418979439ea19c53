import { execFile } from "node:child_process";
import { machine, platform, release } from "node:os";
import { availableParallelism } from "node:os";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { libtorchVersion } from "@trainer/torch";
import { version } from "../home/version.js";

/** Versions by the names that API clients read; what this system does not use is "unknown". */
export const versions = () => ({
  torch: libtorchVersion(),
  transformers: "unknown",
  tokenizers: version,
  datasets: "unknown",
  trainer: version,
  node: process.versions.node,
});

export const system = () => ({
  cpu_count: availableParallelism(),
  platform: platform(),
  platform_release: release(),
  machine: machine(),
});

/** The commit of the source this runs from; null if it is no checkout, or there is no git. */
export async function gitCommit(folder = fileURLToPath(new URL(".", import.meta.url))): Promise<string | null> {
  if (folder.split(sep).includes("node_modules")) return null; // a commit there would be of whoever has installed this
  try {
    const { stdout } = await promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd: folder });
    return stdout.trim();
  } catch {
    return null;
  }
}
