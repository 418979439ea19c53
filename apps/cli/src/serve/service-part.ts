import { get } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { ENDS_WITH_PARENT } from "../end-with-parent.js";
import type { Io } from "../io.js";
import type { PartSpec } from "./part.js";

const TRAINER = fileURLToPath(new URL("../../bin/trainer.js", import.meta.url));
const READY_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** What a service's command prints with --json once it is up. */
const Told = z.object({ url: z.url().optional() });

export interface Service {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Io["env"];
  readonly cwd: string;
  readonly graceMs: number;
  /** What to ask, where it serves HTTP, to see that it is ready. */
  readonly health: "/healthz" | "/readyz";
}

/** A command of this program, as a part: `trainer api` and the others, each in a process of its own. */
export function servicePart({ name, command, env, cwd, graceMs, health }: Service): PartSpec {
  return {
    name,
    graceMs,
    launch: (before) => ({
      args: [TRAINER, ...command, "--json"],
      env: {
        ...env,
        ...(before?.url === undefined ? {} : { PORT: new URL(before.url).port }),
        [ENDS_WITH_PARENT]: "1",
      },
      cwd,
    }),
    async place(told, pid, signal) {
      const { url: given } = Told.parse(told);
      if (given === undefined) return { pid };
      const url = given.replace(/\/\/(0\.0\.0\.0|\[::\])(?=:|$)/, "//127.0.0.1"); // all addresses: this machine's too
      await answers(url + health, signal);
      return { url, pid };
    },
  };
}

/** @throws Error which says what the service finds missing, if it does not answer well in time */
async function answers(url: string, over: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(READY_WITHIN_MS);
  for (;;) {
    const { ok, said } = await ask(url);
    if (ok) return;
    if (late.aborted) throw new Error(`${url} still answers after ${READY_WITHIN_MS / 1000} s: ${said}`);
    await sleep(LOOK_EVERY_MS, null, { signal: over });
  }
}

/** One question over a connection of its own, which keeps no server from ending. */
function ask(url: string): Promise<{ ok: boolean; said: string }> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      const ok = response.statusCode === 200;
      const told = (said: unknown) => resolve({ ok, said: String(said) });
      text(response).then(told, told);
    }).on("error", (error) => resolve({ ok: false, said: error.message }));
  });
}
