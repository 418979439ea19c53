// Runs what docs/serve.md shows, block by block, against a system of its own: what a reader types must work as printed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "./exec.js";
import { at } from "./paths.js";

const WITHIN_S = 300;

/** @returns {Promise<{ code: number, output: string }>} */
export async function runServeGuide() {
  const home = mkdtempSync(join(tmpdir(), "trainer-serve-"));
  const flags = ["serve", "--home", home, "--port", "0", "--data-bank-port", "0"];
  const serve = spawn(process.execPath, [at("apps/cli/bin/trainer.js"), ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(serve, "exit");
  try {
    const said = await untilUp(serve);
    if (said !== null) return { code: 1, output: said };
    const script = ["set -eo pipefail", ...blocks(home)].join("\n");
    return await exec("timeout", [String(WITHIN_S), "bash", "-c", script]);
  } finally {
    serve.kill("SIGINT");
    await ended;
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * @param {import("node:child_process").ChildProcessByStdio<null, import("node:stream").Readable,
 * import("node:stream").Readable>} serve
 * @returns {Promise<string | null>} its output, if it does not come up
 */
function untilUp(serve) {
  let said = "";
  return new Promise((resolve) => {
    /** @param {string} text */
    const hear = (text) => {
      said += text;
      if (said.includes("addresses")) resolve(null);
    };
    serve.stdout.setEncoding("utf8").on("data", hear);
    serve.stderr.setEncoding("utf8").on("data", hear);
    serve.once("exit", () => resolve(said));
  });
}

/**
 * The commands of the page after `npm start`, with this system's addresses and a folder of its own.
 * @param {string} home
 */
function blocks(home) {
  const page = readFileSync(at("docs/serve.md"), "utf8");
  /** @type {Record<string, { url: string }>} */
  const places = JSON.parse(readFileSync(join(home, "serve.json"), "utf8"));
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].slice(1).map(([, block = ""]) =>
    block
      .replaceAll("http://127.0.0.1:8000", places["api"]?.url ?? "")
      .replaceAll("http://127.0.0.1:8001", places["data-bank"]?.url ?? "")
      .replaceAll("/tmp/", `${home}/`)
      .replaceAll("./runs/", `${home}/`),
  );
}
