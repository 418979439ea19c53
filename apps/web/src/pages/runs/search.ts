import { JobState } from "@trainer/platform/browser";
import { z } from "zod";

/** What of the runs is shown, as it stands in the address. */
export const RunsSearch = z.object({
  status: JobState.optional().catch(undefined),
  cursor: z.string().optional().catch(undefined),
});
export type RunsSearch = z.output<typeof RunsSearch>;
