import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const REQUIREMENTS = fileURLToPath(new URL("../peers/requirements.txt", import.meta.url));

/** The project's cache folder, shared between checkouts. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  if (env["TRAINER_CACHE"]) return resolve(env["TRAINER_CACHE"]);
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "model-trainer");
}

/**
 * The Python with the pinned peers: a virtual environment named after its requirements, made at first use (some 3 GB,
 * as torch's wheel requires its CUDA libraries). An incomplete one is made again.
 */
export function peersPython(cache: string, log: (line: string) => void): string {
  const hash = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(cache, `bench-venv-${hash}`);
  const python = join(folder, "bin", "python");
  const ready = join(folder, "ready");
  if (existsSync(ready)) return python;
  log(`setting up the peers in ${folder} (once; some minutes)`);
  rmSync(folder, { recursive: true, force: true });
  run("python3", ["-m", "venv", folder], "install Python 3 with its venv module");
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-r", REQUIREMENTS];
  run(python, pip, "the peers need a package index that pip can reach, and 6 GB of disk");
  writeFileSync(ready, "");
  return python;
}

function run(program: string, args: readonly string[], advice: string): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (status === 0) return;
  throw new Error(`${program} ${args.join(" ")} failed (${advice}): ${error?.message ?? stderr.slice(-2000)}`);
}
