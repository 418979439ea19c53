import { constants } from "node:os";

import { addon } from "./load.js";

/**
 * Lets the listeners that signals have hear the first of them; after that each does what the system has it do. A second
 * Ctrl-C then ends the process even in the middle of a native call, when no listener could be run. What comes within
 * `echoMs` of the first is the same request, sent twice, and nothing comes of it. Call it after `process.on`.
 */
export function hearOnce(signals: readonly NodeJS.Signals[], echoMs: number): void {
  for (const signal of signals) addon.hearOnce(constants.signals[signal], echoMs);
}
