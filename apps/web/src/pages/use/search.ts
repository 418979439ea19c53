import { z } from "zod";

export const modes = ["generate", "chat", "score"] as const;
export type Mode = (typeof modes)[number];

/** Which model is asked what, as it stands in the address. */
export const UseSearch = z.object({
  run: z.string().min(1).optional().catch(undefined),
  mode: z.enum(modes).optional().catch(undefined),
  /** The conversation that is shown. */
  session: z.string().min(1).optional().catch(undefined),
});
export type UseSearch = z.output<typeof UseSearch>;
