import { logOptions } from "@trainer/platform";
import { pino } from "pino";

/** The records that the bot writes: what happened, to whom, never what was written or read. */
export type Log = Pick<pino.Logger, "info" | "warn" | "error">;

export const createLog = (level: string, out: { write(line: string): unknown }): Log =>
  pino(logOptions("discord-bot", level), { write: (line) => void out.write(line) });
