import { z } from "zod";
import { formatDuration } from "../display/duration.js";
import { printable } from "../display/printable.js";
import { formatBytes, formatCount, formatNumber, formatShort } from "../display/quantity.js";
import type { Style } from "../display/style.js";

/** A record of a run's `logs.jsonl`: common fields, and any others. */
export const LogRecord = z.looseObject({ timestamp: z.string(), level: z.string(), message: z.string() });
export type LogRecord = z.output<typeof LogRecord>;

/** Fields in the line's head, or equal in every record of a run. */
const APART = new Set(["timestamp", "level", "message", "logger", "event", "run_id", "service", "instance_id"]);

/** A record as a line for eyes: when, how grave, what, and each of its fields. */
export function logLine(record: LogRecord, { dim, red, yellow }: Style): string {
  const { timestamp, level, message, event } = record;
  const fields = Object.entries(record).flatMap(([name, value]) =>
    APART.has(name) ? [] : [shown(name, value, event)],
  );
  const paint = level === "ERROR" ? red : level === "WARNING" ? yellow : String;
  const what = event === "run_step" ? [] : [printable(message)]; // its first field names it
  return `${dim(timestamp.replace("T", " "))} ${paint(level.padEnd(7))} ${[...what, ...fields].join("  ")}`;
}

const FIGURES: Readonly<Record<string, (figure: number, event: unknown) => string>> = {
  steps: (steps) => `step ${formatCount(steps)}`,
  loss: (loss) => `loss ${formatNumber(loss)}`,
  perplexity: (ppl) => `ppl ${formatNumber(ppl)}`,
  bits_per_byte: (bits) => `${formatNumber(bits)} bits per byte`,
  lr: (lr) => `lr ${lr.toExponential(2)}`,
  grad_norm: (norm) => `grad ${formatNumber(norm)}`,
  tokens_per_sec: (speed) => `${formatShort(speed)} tokens/s`,
  elapsed_seconds: formatDuration,
  size: (size, event) =>
    event === "run_checkpoint"
      ? formatBytes(size)
      : `${formatCount(size)} ${event === "run_batch" ? "sequences" : "tokens"}`,
};

function shown(name: string, value: unknown, event: unknown): string {
  const figure = FIGURES[name];
  if (figure !== undefined && typeof value === "number") return figure(value, event);
  const text = typeof value === "string" ? value : value === null ? "-" : JSON.stringify(value);
  return `${name.replaceAll("_", " ")} ${printable(text)}`;
}
