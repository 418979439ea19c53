import { randomBytes } from "node:crypto";

/** `<family>-<size>-<suffix>`, short enough to be typed; the suffix keeps runs of a home apart. */
export const newRunId = (family: string, size: string): string => `${family}-${size}-${randomBytes(4).toString("hex")}`;
