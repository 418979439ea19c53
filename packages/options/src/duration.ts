import { z } from "zod";
import { most } from "./most.js";

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const rule = "must be a time such as 90s, 30m or 2h, or a number of seconds";
const Written = z.string().regex(/^\d+(\.\d+)?\s*[smhd]?$/, rule);
const Unit = z.enum(["s", "m", "h", "d"]).catch("s");

/** A time in seconds: a number of them, or a text such as 90s, 30m or 2h. */
export const Duration = z
  .union([Written, z.number()], rule)
  .transform((time) => (typeof time === "number" ? time : Number.parseFloat(time) * SECONDS[Unit.parse(time.at(-1))]))
  .pipe(z.number().positive(rule).max(most.seconds, rule));
