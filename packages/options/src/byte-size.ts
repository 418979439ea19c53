import { z } from "zod";

const BYTES = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, ti: 2 ** 40 } as const;
const rule = "must be a size such as 512MB, 8GB or 8GiB, or a number of bytes";
const Written = z.string().regex(/^\d+(\.\d+)?\s*([kmgt]i?)?b?$/i, rule);
const Unit = z.enum(["", "k", "m", "g", "t", "ki", "mi", "gi", "ti"]);

/** A size in bytes: a number of them, or a text such as 512MB or 8GiB. */
export const ByteSize = z
  .union([Written, z.number()], rule)
  .transform((size) => (typeof size === "number" ? size : parsed(size.toLowerCase())))
  .refine((size) => Number.isSafeInteger(size) && size > 0, rule);

function parsed(size: string): number {
  const unit = Unit.parse(size.replace(/^[\d.\s]+/, "").replace(/b$/, ""));
  return Math.round(Number.parseFloat(size) * BYTES[unit]);
}
