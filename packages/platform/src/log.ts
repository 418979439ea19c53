import { hostname } from "node:os";

/** The levels, by the names that readers of these records know. */
const LEVELS: Readonly<Record<string, string>> = { warn: "WARNING", fatal: "CRITICAL" };

/** The record that every service writes, as options of pino: one JSON object a line, times in UTC. */
export const logOptions = (service: string, level: string) => ({
  level,
  base: { logger: service, service, instance_id: `${hostname().slice(0, 12)}-${process.pid}` },
  messageKey: "message",
  timestamp: () => `,"timestamp":"${new Date().toISOString().slice(0, 19)}"`,
  formatters: { level: (label: string) => ({ level: LEVELS[label] ?? label.toUpperCase() }) },
});
