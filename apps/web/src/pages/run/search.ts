import { z } from "zod";
import { CurvesView } from "../../parts/curves-view/view.js";

export const tabs = ["curves", "settings", "log", "evaluation", "files"] as const;
export type Tab = (typeof tabs)[number];

/** What of a run is shown, as it stands in the address. Left out: as a page opens. */
export const RunSearch = CurvesView.extend({
  tab: z.enum(tabs).optional().catch(undefined),
  /** The path of the file that is shown. */
  file: z.string().optional().catch(undefined),
});
export type RunSearch = z.output<typeof RunSearch>;
