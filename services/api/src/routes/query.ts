import { z } from "zod";

/** Whole numbers, as they stand in a query. */
const isInt = (value: unknown): value is string => typeof value === "string" && /^[+-]?\d{1,15}$/.test(value);

/** A whole number in a query; one out of bounds counts as the nearest within. */
export const intParam = (given: { readonly min: number; readonly max: number; readonly default: number }) =>
  z
    .custom<string>(isInt, "must be an integer")
    .transform((text) => Math.min(Math.max(Number(text), given.min), given.max))
    .optional()
    .transform((value) => value ?? given.default)
    .meta({ type: "integer", default: given.default });

const WORDS: ReadonlyMap<string, boolean> = new Map(
  [
    ["true", "1", "yes", "on", "t", "y"],
    ["false", "0", "no", "off", "f", "n"],
  ].flatMap((words, i) => words.map((word) => [word, i === 0] as const)),
);
const isBool = (value: unknown): value is string => typeof value === "string" && WORDS.has(value.toLowerCase());

export const boolParam = (fallback: boolean) =>
  z
    .custom<string>(isBool, "must be a boolean")
    .transform((word) => WORDS.get(word.toLowerCase()) === true)
    .optional()
    .transform((value) => value ?? fallback)
    .meta({ type: "boolean", default: fallback });
