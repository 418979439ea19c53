import { z } from "zod";
import { LinesSince } from "./lines-since.js";
import type { LineKind, TimeOf } from "./run-events.js";

const TimeLine = z.object({
  timestamp: z.string().transform((text) => Date.parse(`${text}Z`) / 1000),
  event: z.enum(["run_step", "run_eval", "run_sample"]),
  split: z.enum(["validation", "test"]).optional(),
  steps: z.int(),
});

/** When a run wrote its lines, by its log; in seconds since 1970. */
export class RunTimes {
  readonly #times = new Map<string, number>();
  readonly #lines: LinesSince<z.output<typeof TimeLine>>;

  /** @param most bytes that are read at once */
  constructor(logs: string, most?: number) {
    this.#lines = new LinesSince(logs, TimeLine, { most });
  }

  /** Reads on in the log; false at its end. */
  read(): boolean {
    const read = this.#lines.read();
    if (read === null) return false;
    for (const { timestamp, event, split, steps } of read.values) {
      const kind = event === "run_eval" ? split : event === "run_step" ? "step" : "sample";
      if (kind !== undefined && Number.isFinite(timestamp)) this.#times.set(key(kind, steps), timestamp);
    }
    this.#lines.place = read.end;
    return true;
  }

  /** Undefined for what the log does not have. */
  of(kind: LineKind, step: number): number | undefined {
    return this.#times.get(key(kind, step));
  }
}

/** The same of a whole log; `otherwise`, what is not there. */
export function timesIn(logs: string, otherwise: number): TimeOf {
  const times = new RunTimes(logs);
  while (times.read());
  return (of, step) => times.of(of, step) ?? otherwise;
}

const key = (of: LineKind, step: number): string => `${of} ${step}`;
