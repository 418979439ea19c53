import type { CausalLm } from "@trainer/models";
import type { Tokenizer } from "@trainer/tokenizers";
import { TrainingError } from "../errors.js";

/** The token by which documents that are to be kept apart are found. */
export function endOfDocument(
  { family, outline }: Pick<CausalLm, "family" | "outline">,
  { specials }: Pick<Tokenizer, "specials">,
): number {
  const why =
    outline.heads === null
      ? `a ${family} has no attention to mask`
      : "the tokenizer has no end-of-text token to find them by";
  if (outline.heads !== null && specials.eos !== null) return specials.eos;
  throw new TrainingError("MODEL_INCOMPATIBLE", `documents cannot be kept apart: ${why}`);
}
