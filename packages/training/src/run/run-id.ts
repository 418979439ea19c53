import { randomBytes } from "node:crypto";

/** `<family>-<size>-<unix seconds>-<suffix>`; the suffix keeps two runs begun in the same second apart. */
export function newRunId(family: string, size: string, now: Date = new Date()): string {
  const seconds = Math.floor(now.getTime() / 1000);
  return `${family}-${size}-${seconds}-${randomBytes(3).toString("hex")}`;
}
