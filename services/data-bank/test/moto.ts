import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { BucketOptions } from "../src/s3/bucket.js";

const VERSION = "5.2.5";
const FOLDER = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "model-trainer", `moto-${VERSION}`);
const run = promisify(execFile);

/** A server of moto's with an empty bucket; a sentence where there can be none. It is set up once per user. */
export async function startMoto(): Promise<{ options: BucketOptions; stop: () => void } | string> {
  try {
    if (!existsSync(join(FOLDER, "ready"))) await install();
  } catch (error) {
    return `moto ${VERSION} cannot be installed by python3 and pip: ${String(error).split("\n")[0]}`;
  }
  const port = await freePort();
  const server = spawn(join(FOLDER, "bin", "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const made = await fetch(`${endpoint}/bucket`, { method: "PUT" }).catch(() => null);
    if (made?.ok) break;
    if (tries === 300) return "moto's server does not start";
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const options = { endpoint, region: "us-east-1", bucket: "bucket", accessKeyId: "id", secretAccessKey: "secret" };
  return { options, stop: () => void server.kill() };
}

async function install(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await run("python3", ["-m", "venv", FOLDER]);
  await run(join(FOLDER, "bin", "pip"), [
    "install",
    "--quiet",
    "--disable-pip-version-check",
    `moto[server]==${VERSION}`,
  ]);
  await writeFile(join(FOLDER, "ready"), "");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  server.close();
  return port;
}
