import type { z } from "zod";
import { count, heads, layers, width } from "../config-schema.js";
import { unsound } from "./errors.js";
import type { GgufFile } from "./open-gguf.js";

/** Dimensions that every architecture has. */
export const dimensionKeys = {
  block_count: layers,
  context_length: count,
  embedding_length: width,
  feed_forward_length: width,
  "attention.head_count": heads,
};

/** The values of metadata under keys with a prefix, checked; a schema's keys are the rest of each, with dots. */
export function readKeys<Shape extends z.core.$ZodLooseShape>(
  { metadata, path }: Pick<GgufFile, "metadata" | "path">,
  prefix: string,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const keys = Object.keys(schema.shape).map((key) => [key, metadata.get(`${prefix}.${key}`)] as const);
  const parsed = schema.safeParse(Object.fromEntries(keys.filter(([, value]) => value !== undefined)));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path: [key], message, code }) => {
    const there = metadata.get(`${prefix}.${String(key)}`);
    const is = there === undefined ? "missing" : Array.isArray(there) ? "an array" : String(there);
    return `${prefix}.${String(key)} is ${is.slice(0, 100)}${code === "invalid_type" ? "" : ` (${message})`}`;
  });
  throw unsound(path, wrong.join("; "));
}
