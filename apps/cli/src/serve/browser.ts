import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { withoutSecrets } from "@trainer/platform";
import type { Io } from "../process/io.js";
import { oneTimeAddress } from "./one-time-address.js";

/** A command that opens the address that is put behind it. */
export type Opener = readonly [program: string, ...args: string[]];

/** What opens the browser of the person at this machine; null where there is nobody to see it. */
export function browserOpener(platform: NodeJS.Platform, env: Io["env"]): Opener | null {
  if (overSsh(env)) return null;
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["cmd", "/c", "start", ""];
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? ["xdg-open"] : null;
}

/** True if the terminal is another machine's. */
export const overSsh = (env: Io["env"]): boolean =>
  ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].some((name) => Boolean(env[name]));

/** Time in which a browser starts, on a slow machine too. */
const WITHIN_MS = 60_000;

/**
 * Has a browser open an address that has a secret.
 * @returns true once it has come for it; false if it cannot be started, does not come in time, or `signal` aborts
 */
export async function openInBrowser(
  link: string,
  [program, ...args]: Opener,
  { env, signal, withinMs = WITHIN_MS }: { env: Io["env"]; signal: AbortSignal; withinMs?: number },
): Promise<boolean> {
  using address = await oneTimeAddress(link);
  const child = spawn(program, [...args, address.url], {
    env: withoutSecrets(env),
    detached: true, // a browser lives on when Ctrl-C ends the pages
    stdio: "ignore",
  });
  child.unref();
  const failed = new Promise<boolean>((resolve) => {
    child.on("error", () => resolve(false));
    child.on("exit", (code) => code !== 0 && resolve(false));
  });
  const over = new AbortController();
  const late = sleep(withinMs, false, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => false);
  try {
    return await Promise.race([address.used.then(() => true), failed, late]);
  } finally {
    over.abort();
  }
}
