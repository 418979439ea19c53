import { z } from "zod";

/** Lines by which collections of documents mark where each ends, as tokens of GPT-2, LLaMA and others are spelled. */
export const KNOWN_SEPARATORS = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "[EOS]"] as const;

/** "none"; "auto": the lines that are known to separate documents; else the line that does. */
export const DocumentSeparator = z
  .string()
  .trim()
  .min(1, "It must not be empty; none is for no such line.")
  .refine((line) => !/[\r\n]/.test(line), "must be one line");
export type DocumentSeparator = z.infer<typeof DocumentSeparator>;
