import { constants } from "node:os";

import { addon } from "./load.js";

/**
 * Lets existing listeners of signals run for the first of them; after that each has the system's default effect. A
 * second Ctrl-C then ends the process even within a native call, when no listener could run. A signal within `echoMs`
 * of the first is the same request, sent twice, and is ignored. Call it after `process.on`.
 */
export function hearOnce(signals: readonly NodeJS.Signals[], echoMs: number): void {
  for (const signal of signals) addon.hearOnce(constants.signals[signal], echoMs);
}
