import { z } from "zod";

/**
 * Which tokens stand around a text: `auto` those of the tokenizer's own template, as transformers adds them; `yes` one to
 * begin with also where the template has none; `no` none.
 */
export const Bos = z.enum(["auto", "yes", "no"]).default("auto");
export type BosChoice = z.output<typeof Bos>;
