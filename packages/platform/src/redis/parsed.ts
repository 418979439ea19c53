import type { z } from "zod";
import { parseJson } from "../json.js";

/** Parsed value of a key; null if it does not exist or does not fit the schema. */
export function parsed<S extends z.ZodType>(schema: S, text: string | null): z.output<S> | null {
  if (text === null) return null;
  try {
    return schema.parse(parseJson(text));
  } catch {
    return null;
  }
}
