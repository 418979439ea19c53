import { constants } from "node:os";

import { addon } from "./load.js";

/**
 * Lets the listeners that a signal has hear it once; after that it does what the system has it do. A second Ctrl-C then
 * ends the process even in the middle of a native call, when no listener could be run. Call it after `process.on`.
 */
export function hearOnce(signal: NodeJS.Signals): void {
  addon.hearOnce(constants.signals[signal]);
}
