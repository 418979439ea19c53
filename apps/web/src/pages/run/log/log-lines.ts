import { parseJson } from "@trainer/platform/browser";
import { z } from "zod";
import { timeOf as millisecondsOf } from "../../../parts/figures.js";
import { inWords } from "../../../parts/words.js";

const levels = ["INFO", "WARNING", "ERROR"] as const;
type Level = (typeof levels)[number];

const Head = z.looseObject({
  timestamp: z.string().catch(""),
  level: z.enum(levels).catch("INFO"),
  message: z.string().catch(""),
});

/** A line of a run's log. */
export interface LogLine {
  /** Its number from the first line that was read. */
  readonly id: number;
  readonly time: string;
  readonly level: Level;
  readonly message: string;
  /** What else it says, as "name value". */
  readonly details: readonly string[];
}

/** What is the same on every line, or said by the message. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "timestamp",
  "level",
  "message",
  "logger",
  "event",
  "run_id",
  "service",
  "instance_id",
]);

/** The lines of a log; one that is no record is its own message. */
export const logLines = (text: string): LogLine[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line, id) => Object.assign(recordOf(line), { id }));

function recordOf(line: string): Omit<LogLine, "id"> {
  const record = Head.safeParse(jsonIn(line)).data;
  if (record === undefined) return { time: "", level: "INFO", message: line, details: [] };
  const { timestamp, level, message } = record;
  const details = Object.entries(record)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${inWords(name)} ${valueOf(value)}`);
  return { time: timestamp, level, message, details };
}

function jsonIn(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}

function valueOf(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(5)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

/** A log's time, which is UTC, in the reader's zone. */
export function timeOf(timestamp: string): string {
  const time = millisecondsOf(timestamp);
  return Number.isNaN(time) ? timestamp : clock.format(time);
}
