import { z } from "zod";

/** What the form begins with, as it stands in the address. */
export const NewRunSearch = z.object({
  /** The run whose settings it has. */
  from: z.string().optional().catch(undefined),
  /** True to start from that run's weights. */
  train_on: z.boolean().optional().catch(undefined),
});
export type NewRunSearch = z.output<typeof NewRunSearch>;
