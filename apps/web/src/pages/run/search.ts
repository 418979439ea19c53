import { z } from "zod";

export const tabs = ["curves", "settings", "log", "evaluation", "files"] as const;
export type Tab = (typeof tabs)[number];

/** What the x axis of the curves counts. */
export const axes = ["step", "tokens", "epoch", "hours"] as const;
export type Axis = (typeof axes)[number];

const place = z.number().optional().catch(undefined);

/** What of a run is shown, as it stands in the address. Left out: as a page opens. */
export const RunSearch = z.object({
  tab: z.enum(tabs).optional().catch(undefined),
  x: z.enum(axes).optional().catch(undefined),
  log: z.boolean().optional().catch(undefined),
  smooth: z.number().min(0).max(0.99).optional().catch(undefined),
  from: place,
  to: place,
  /** The path of the file that is shown. */
  file: z.string().optional().catch(undefined),
});
export type RunSearch = z.output<typeof RunSearch>;
