import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * A program that pip installs, by its path: set up once per user, in the project's cache folder, with everything it
 * needs. A sentence where it cannot be had.
 * @param requirement with its version: "moto[server]==5.2.5"
 * @param others that it needs and does not ask for itself
 */
export async function pythonProgram(
  requirement: string,
  name: string,
  others: readonly string[] = [],
): Promise<{ path: string } | { missing: string }> {
  const folder = join(
    process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
    "model-trainer",
    requirement.replace(/\[.*\]/, "").replace("==", "-"),
  );
  try {
    if (!existsSync(join(folder, "ready"))) await install(folder, [requirement, ...others]);
    return { path: join(folder, "bin", name) };
  } catch (error) {
    return { missing: `${requirement} cannot be installed by python3 and pip: ${String(error).split("\n")[0]}` };
  }
}

async function install(folder: string, requirements: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run("python3", ["-m", "venv", folder]);
  await run(join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", ...requirements]);
  await writeFile(join(folder, "ready"), "");
}
