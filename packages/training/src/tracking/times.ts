import { z } from "zod";
import { LinesSince } from "./lines-since.js";
import type { LineKind, TimeOf } from "./run-events.js";

const TimeLine = z.object({
  timestamp: z.string().transform((text) => Date.parse(`${text}Z`) / 1000),
  event: z.enum(["run_step", "run_eval", "run_sample"]),
  split: z.enum(["validation", "test"]).optional(),
  steps: z.int(),
});

/** When a run wrote its lines, by its log; `otherwise`, what is not there. In seconds since 1970. */
export function timesIn(logs: string, otherwise: number): TimeOf {
  const times = new Map<string, number>();
  const lines = new LinesSince(logs, TimeLine);
  for (let read = lines.read(); read !== null; read = lines.read()) {
    for (const { timestamp, event, split, steps } of read.values) {
      const kind = event === "run_eval" ? split : event === "run_step" ? "step" : "sample";
      if (kind !== undefined && Number.isFinite(timestamp)) times.set(key(kind, steps), timestamp);
    }
    lines.place = read.end;
  }
  return (of, step) => times.get(key(of, step)) ?? otherwise;
}

const key = (of: LineKind, step: number): string => `${of} ${step}`;
