import { fileURLToPath } from "node:url";
import { z } from "zod";
import { untilAborted } from "../process/until-aborted.js";
import { answers, fromHere, healthOf, healthy } from "./wait-for-http.js";
import { ENDS_WITH_PARENT } from "../process/end-with-parent.js";
import type { Io } from "../process/io.js";
import type { PartSpec } from "./part.js";

const TRAINER = fileURLToPath(new URL("../../bin/trainer.js", import.meta.url));

/**
 * The line that a service's command prints with --json: its address once it is up, if it has one; else the reason why
 * not.
 */
const ReadyLine = z.object({
  url: z.url().optional(),
  error: z.unknown().optional(),
});

export interface Service {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Io["env"];
  readonly cwd: string;
  readonly graceMs: number;
  readonly needed?: boolean;
  /** True if it has an address, where its health can be checked. */
  readonly listens: boolean;
}

/** A command of this program, as a part: `trainer api` and the others, each in a process of its own. */
export function servicePart({ name, command, env, cwd, graceMs, needed = true, listens }: Service): PartSpec {
  return {
    name,
    needed,
    graceMs,
    launch: (before) => ({
      args: [TRAINER, ...command, "--json"],
      env: {
        ...env,
        ...(before.url === undefined ? {} : { PORT: new URL(before.url).port }),
        [ENDS_WITH_PARENT]: "1",
      },
      cwd,
    }),
    ...(listens ? { ask: ({ url }) => healthy(String(url)) } : {}),
    async place(ready, pid, signal) {
      const { url: given, error } = ReadyLine.parse(ready);
      if (error !== undefined) await untilAborted(signal); // it ends, and its last words on stderr are for people
      if (given === undefined) return { pid };
      const url = fromHere(given);
      await answers(healthOf(url), signal);
      return { url, pid };
    },
  };
}
