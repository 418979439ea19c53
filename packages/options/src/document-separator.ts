import { z } from "zod";

/** "none"; "auto": the lines that are known to separate documents; else the line that does. */
export const DocumentSeparator = z
  .string("must be a string")
  .trim()
  .min(1, "must not be empty; none is for no such line")
  .regex(/^[^\r\n]*$/, "must be one line");
export type DocumentSeparator = z.infer<typeof DocumentSeparator>;
