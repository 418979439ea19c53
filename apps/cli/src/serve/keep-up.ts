import { join } from "node:path";
import type { Output } from "../display/output.js";
import type { Io } from "../process/io.js";
import { untilAborted } from "../process/until-aborted.js";
import { openKeys } from "./keys.js";
import type { ServedHome } from "./one-per-home.js";
import type { Place } from "./part.js";
import { Parts } from "./parts.js";
import { startSystem, type ApiAccess, type Setup } from "./system.js";
import { gone } from "./wait-for-exit.js";

/** What a command shows of the system that it keeps up. */
export interface Face extends Pick<Output, "note" | "warn"> {
  /** A line of the parts' logs. */
  log(line: string): void;
  /** A part is up, for the first time or again. */
  up(name: string, place: Place, ms: number): void;
  /** All of it is up. */
  ready(api: ApiAccess, signal: AbortSignal): void | Promise<void>;
}

const PACE = { firstMs: 500, longestMs: 30_000, settledMs: 10_000, lifeMs: 10_000 };

/** Starts the system of a home, keeps it up until it is interrupted, and stops it, by a second interrupt at once. */
export async function keepUp(
  served: ServedHome,
  setup: Omit<Setup, "keys" | "note">,
  { interruptible }: Pick<Io, "interruptible">,
  face: Face,
): Promise<void> {
  await gone(served.leftBehind);
  const keys = openKeys(setup.home);
  const troubles = new Map<string, string>();
  const parts = new Parts(join(setup.home, "logs"), {
    pace: PACE,
    log: (line) => face.log(line),
    up(name, place, ms) {
      troubles.delete(name);
      face.up(name, place, ms);
    },
    down(name, why, ms) {
      if (troubles.get(name) === why) return; // reported already
      troubles.set(name, why);
      face.warn(`${name} is down: ${why}\n  starting it again in ${ms / 1000} s, and from then on less and less often`);
    },
    moved: (places) => served.tell(places),
  });
  await interruptible(async (signal) => {
    try {
      const api = await startSystem({ ...setup, keys, note: (line) => face.note(line) }, parts, signal);
      await face.ready(api, signal);
      await untilAborted(signal);
    } finally {
      if (signal.aborted) face.note("stopping: what is at work comes to a point where it can go on (again: at once)");
      await interruptible((hurry) => parts.stop(hurry));
    }
    face.note("stopped");
  });
}
