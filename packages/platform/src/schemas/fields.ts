import { z } from "zod";

/** The words for what is missing or of the wrong type; `refusalOf` puts the field's name before them. */
const words = (expected: string) => (issue: { readonly input?: unknown }) =>
  issue.input === undefined || issue.input === null ? "is required" : `must be ${expected}`;

interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Bounds that are themselves refused. */
  readonly above?: number | undefined;
  readonly below?: number | undefined;
}

function within(schema: z.ZodNumber, { min, max, above, below }: Bounds): z.ZodNumber {
  const checks = [
    ...(min === undefined ? [] : [z.gte(min, `must be >= ${min}`)]),
    ...(above === undefined ? [] : [z.gt(above, `must be > ${above}`)]),
    ...(max === undefined ? [] : [z.lte(max, `must be <= ${max}`)]),
    ...(below === undefined ? [] : [z.lt(below, `must be < ${below}`)]),
  ];
  return schema.check(...checks);
}

/** A whole number that a `number` holds. One that it cannot hold arrives as a bigint. */
export const int = (bounds: Bounds & { readonly min: number }) =>
  within(z.int({ error: ({ input }) => unheld(input, bounds) }), bounds);
const unheld = (input: unknown, { min, max = Number.MAX_SAFE_INTEGER }: Bounds & { readonly min: number }): string => {
  if (typeof input !== "bigint") return words("an integer")({ input });
  return input < min ? `must be >= ${min}` : `must be <= ${max}`;
};
export const float = (bounds: Bounds) => within(z.number({ error: words("a number") }), bounds);
export const bool = z.boolean({ error: words("a boolean") });
export const text = z.string({ error: words("a string") });
/** Text of at most so many characters: it becomes part of a key, or is compared with all that is written. */
export const short = (max: number) => text.max(max, `must have at most ${max} characters`);
/** A text to be read by a model: at most 1 MiB of UTF-16 code units. A longer one is given as a file. */
export const modelText = text.max(1 << 20, `must have at most ${1 << 20} characters; give a longer one as a file`);
export const oneOf = <const T extends readonly string[]>(names: T) =>
  z.enum(names, {
    error: (issue) =>
      typeof issue.input === "string" ? `must be one of: ${[...names].sort().join(", ")}` : words("a string")(issue),
  });

/** A field that may be left out; null is the same as leaving it out. */
export const withDefault = <S extends z.ZodType>(schema: S, value: z.output<S>) =>
  schema
    .nullish()
    .meta({ default: value })
    .transform((given) => given ?? value);

/** A field that may be left out and then is null. */
export const orNull = <S extends z.ZodType>(schema: S) => schema.nullish().transform((given) => given ?? null);

/** A number in an answer: null where it is not known, or not finite. */
export const figure = z.number().nullable().catch(null);

/** Any number, Infinity and NaN too: the perplexity of a large loss, the norm of gradients that overflow. */
export const anyNumber = z.custom<number>((value) => typeof value === "number", "must be a number");
