import { z } from "zod";
import { envField } from "./env.js";

/** How one kind of value is written: as text in the environment and in `.env`, as TOML has it in a file. */
export interface Field<V> {
  readonly fromText: z.ZodType<V, string>;
  readonly fromToml: z.ZodType<V>;
}

const NO_COUNT = "must be a whole number from 0";
const NOT_POSITIVE = "must be a whole number from 1";
const NO_PORT = "must be a port: a whole number from 0 to 65535";

const text: Field<string> = { fromText: z.string().trim(), fromToml: z.string("must be text, in quotes").trim() };

const count: Field<number> = {
  fromText: envField.count,
  fromToml: z.int(NO_COUNT).min(0, NO_COUNT),
};

const positive: Field<number> = {
  fromText: envField.count.refine((value) => value > 0, NOT_POSITIVE),
  fromToml: z.int(NOT_POSITIVE).min(1, NOT_POSITIVE),
};

const port: Field<number> = {
  fromText: z
    .string()
    .trim()
    .regex(/^\d{1,5}$/, NO_PORT)
    .transform(Number)
    .refine((value) => value <= 65_535, NO_PORT),
  fromToml: z.int(NO_PORT).min(0, NO_PORT).max(65_535, NO_PORT),
};

const flag: Field<boolean> = {
  fromText: z.string().trim().pipe(envField.flag),
  fromToml: z.boolean("must be true or false, without quotes"),
};

const NO_WORDS = 'must be a list of texts, as in ["a", "b"]';
const NO_COUNTS = "must be one whole number at least, as in 60,300";

/** Whole numbers, one at least, between commas where they are text. */
const counts: Field<readonly number[]> = {
  fromText: envField.list.pipe(z.array(envField.count).min(1, NO_COUNTS)),
  fromToml: z.array(z.int(NO_COUNT).min(0, NO_COUNT), "must be whole numbers, as in [60, 300]").min(1, NO_COUNTS),
};

/** Words, between commas where they are text. */
const words: Field<readonly string[]> = {
  fromText: envField.list,
  fromToml: z.array(z.string(NO_WORDS).trim(), NO_WORDS),
};

/** An address of one of these protocols. */
const url = (protocol: RegExp, error: string): Field<string> =>
  same(z.string(error).trim().pipe(z.url({ protocol, error })));

/** Text that is written in the same way everywhere. */
const same = <V>(schema: z.ZodType<V, string>): Field<V> => ({
  fromText: schema,
  fromToml: z.string("must be text, in quotes").pipe(schema),
});

export const field = { text, count, positive, port, flag, counts, words, url, same };
