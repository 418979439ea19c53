import { z } from "zod";

/** The run whose settings the form begins with, as it stands in the address. */
export const NewRunSearch = z.object({ from: z.string().optional().catch(undefined) });
export type NewRunSearch = z.output<typeof NewRunSearch>;
