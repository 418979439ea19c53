import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The folder of a package that npm brings: once per user, in the project's cache folder, and nothing of it is run on the
 * way. A sentence where it cannot be had.
 * @param requirement with its version: "left-pad@1.3.0"
 */
export async function npmPackage(requirement: string): Promise<{ path: string } | { missing: string }> {
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "model-trainer");
  const folder = join(cache, requirement.replace(/^@/, "").replaceAll(/[/@]/g, "-"));
  const name = requirement.slice(0, requirement.lastIndexOf("@"));
  try {
    if (!existsSync(join(folder, "ready"))) await install(folder, requirement);
    return { path: join(folder, "node_modules", name) };
  } catch (error) {
    return { missing: `${requirement} cannot be installed by npm: ${String(error).split("\n")[0]}` };
  }
}

async function install(folder: string, requirement: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", requirement], { cwd: folder });
  await writeFile(join(folder, "ready"), "");
}
