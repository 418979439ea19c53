import { z } from "zod";

/** The option that every command of `files` has. */
export const serviceUrl = z
  .url({ protocol: /^https?$/, error: "must be http://… or https://…" })
  .optional()
  .meta({
    description:
      "the service: APP__DATA_BANK_API_URL, or the one that `trainer serve` runs for this home, or http://127.0.0.1:8001",
  });
