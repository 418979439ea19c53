import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseJson } from "@trainer/platform/browser";
import { scratchPath } from "@trainer/testing";
import { z } from "zod";

export const TRAINER = fileURLToPath(new URL("../../cli/bin/trainer.js", import.meta.url));
const Addresses = z.object({ api: z.object({ url: z.string() }) });
const Keys = z.object({ api_key: z.string() });

/** The whole system with its pages, as `trainer serve` starts it, over a home of its own. */
export async function serve({ home = scratchPath("pages"), port = 0 }: { home?: string; port?: number } = {}) {
  const args = [TRAINER, "serve", "--home", home, "--port", String(port), "--data-bank-port", "0"];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, APP__THREADS: "1" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += String(text)));
  const exit = once(child, "exit");
  while (!/^addresses/m.test(said)) {
    if (child.exitCode !== null) throw new Error(`trainer serve ended:\n${said}`);
    await setTimeout(50);
  }
  const read = (name: string) => parseJson(readFileSync(join(home, name), "utf8"));
  return {
    home,
    url: Addresses.parse(read("serve.json")).api.url,
    key: Keys.parse(read("keys.json")).api_key,
    /** Ends it as Ctrl-C twice does; its home stays. */
    async stop() {
      child.kill("SIGINT");
      await Promise.race([exit, setTimeout(2000)]);
      child.kill("SIGINT");
      await exit;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await this.stop();
    },
  };
}
export type Served = Awaited<ReturnType<typeof serve>>;
