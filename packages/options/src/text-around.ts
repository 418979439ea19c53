import { z } from "zod";

/**
 * Begin and end tokens of a text: `auto` those of the tokenizer's own template, as transformers adds them; `yes` a
 * begin token also where the template has none; `no` none.
 */
export const bos = z
  .enum(["auto", "yes", "no"])
  .default("auto")
  .describe(
    "what a text begins with: auto: what the tokenizer's template says; yes: a begin token also without one; no: none",
  );
export type BosChoice = z.output<typeof bos>;

export const specialTokens = z
  .boolean()
  .default(false)
  .describe("let special tokens spelled out in the text be these tokens; else they are text");
