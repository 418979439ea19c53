import type { z } from "zod";
import { parseJson } from "../json.js";

/** What a key holds; null where there is nothing, or nothing that the schema knows. */
export function parsed<S extends z.ZodType>(schema: S, text: string | null): z.output<S> | null {
  if (text === null) return null;
  try {
    return schema.parse(parseJson(text));
  } catch {
    return null;
  }
}
