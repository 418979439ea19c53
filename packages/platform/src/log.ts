import { hostname } from "node:os";

/** The levels, by the names that readers of these records know. */
const LEVELS: Readonly<Record<string, string>> = { warn: "WARNING", fatal: "CRITICAL" };

/**
 * An error as a log has it: its kind, code, words and place, and the same of its causes. Libraries hang what they sent on
 * their errors (the arguments of a Redis command, the body of a message), which no log is to show.
 */
export interface ErrorRecord {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly [other: string]: unknown;
}

const MOST_CAUSES = 8;

export function errorRecord(error: unknown, causes = MOST_CAUSES): ErrorRecord {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: "" };
  const { name: type, message, stack = "", cause } = error;
  return {
    type,
    message,
    stack,
    ...("code" in error ? { code: String(error.code) } : {}),
    ...(cause === undefined || causes === 0 ? {} : { cause: errorRecord(cause, causes - 1) }),
  };
}

/** The record that every service writes, as options of pino: one JSON object a line, times in UTC. */
export const logOptions = (service: string, level: string) => ({
  level,
  base: { logger: service, service, instance_id: `${hostname().slice(0, 12)}-${process.pid}` },
  messageKey: "message",
  timestamp: () => `,"timestamp":"${new Date().toISOString().slice(0, 19)}"`,
  serializers: { err: (error: unknown) => errorRecord(error) },
  formatters: { level: (label: string) => ({ level: LEVELS[label] ?? label.toUpperCase() }) },
});
