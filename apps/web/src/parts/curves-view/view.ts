import { z } from "zod";

/** What the x axis of curves can count. */
export const axes = ["step", "tokens", "epoch", "hours"] as const;
export type Axis = (typeof axes)[number];

const place = z.number().optional().catch(undefined);

/** How curves are shown, as it stands in the address of a page; left out: as a page opens. */
export const CurvesView = z.object({
  x: z.enum(axes).optional().catch(undefined),
  log: z.boolean().optional().catch(undefined),
  smooth: z.number().min(0).max(0.99).optional().catch(undefined),
  /** The span that is zoomed to, on the x axis. */
  from: place,
  to: place,
});
export type CurvesView = z.output<typeof CurvesView>;

export type ChangeView = (change: Partial<CurvesView>) => void;

/** How smooth curves are at first. */
export const SMOOTH = 0.6;
