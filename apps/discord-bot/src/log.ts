import { logOptions } from "@trainer/platform";
import { pino } from "pino";

export const SERVICE = "discord-bot";

/** The records that the bot writes: what happened, to whom, never what was written or read. */
export type Log = Pick<pino.Logger, "info" | "warn" | "error">;

export const createLog = (level: string, out: { write(line: string): unknown }): Log =>
  pino(logOptions(SERVICE, level), { write: (line) => void out.write(line) });
