import { z } from "zod";

/** What of the tokenizers is shown, as it stands in the address. */
export const TokenizersSearch = z.object({
  train: z.literal(true).optional().catch(undefined),
});
export type TokenizersSearch = z.output<typeof TokenizersSearch>;
