import { z } from "zod";

export const OverheadSettings = z.object({
  /** Additions in one measurement, a multiple of 100. */
  calls: z.int(),
  /** Measurements; the first ones warm up. */
  repeats: z.int(),
});

export const OverheadResult = z.object({ nanoseconds: z.array(z.number()) });
