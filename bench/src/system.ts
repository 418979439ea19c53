import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const TRAINER = fileURLToPath(new URL("../../apps/cli/bin/trainer.js", import.meta.url));

export interface Running extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
}

/** A `trainer` command that goes on until it is disposed of. */
export function trainer(args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, [TRAINER, ...args], { env: { ...process.env, ...env }, stdio: "ignore" });
  const gone = once(child, "exit");
  return {
    env,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** A `trainer` command, to its end. */
export async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(process.execPath, [TRAINER, ...args], { env: { ...process.env, ...env }, stdio: "ignore" });
  await once(child, "exit");
  const { exitCode: code } = child;
  if (code !== 0) throw new Error(`trainer ${args.join(" ")} ended with ${code}`);
}

const Part = z.looseObject({ url: z.string() });
const Addresses = z.looseObject({ api: Part, "data-bank": Part, redis: Part });
const Keys = z.looseObject({ api_key: z.string(), data_bank_key: z.string() });

/** Addresses of a home's system once all parts listen, and its keys. */
export async function addressesOf(home: string) {
  for (;;) {
    const addresses = Addresses.safeParse(read(join(home, "serve.json")));
    if (addresses.success) return { ...addresses.data, keys: Keys.parse(read(join(home, "keys.json"))) };
    await sleep(100);
  }
}

function read(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}
