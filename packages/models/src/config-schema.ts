import { z } from "zod";

// What the schemas of several families' config.json are made of.

const upTo = (max: number) => z.int().positive().max(max, `must be <= ${max}`);

// Beyond the largest models there are; no tensor of them has more elements than can be counted.
export const layers = upTo(1_024);
export const heads = upTo(4_096);
export const width = upTo(2 ** 20);
/** Positions, and tokens of a vocabulary. */
export const count = upTo(2 ** 25);

export const probability = z.number().min(0).lt(1);
export const positive = z.number().positive();

/** The one value of a switch that is implemented; any other changes what the model computes. */
export const only = <T extends boolean | string | number | null>(value: T) => z.literal(value).default(value);

const id = z.int().nonnegative().nullable();
/** Where there are several ends of text, the first is the one to train with. */
const ids = z.union([id, z.array(z.int().nonnegative()).transform(([first]) => first ?? null)]);

/** The special tokens' fields, with the family's defaults. */
export const specialFields = (bos: number | null, eos: number | null) => ({
  bos_token_id: id.default(bos),
  eos_token_id: ids.default(eos),
  pad_token_id: id.default(null),
});

interface SpecialFields {
  readonly bos_token_id: number | null;
  readonly eos_token_id: number | null;
  readonly pad_token_id: number | null;
}

export const toSpecials = (file: SpecialFields) => ({
  bosTokenId: file.bos_token_id,
  eosTokenId: file.eos_token_id,
  padTokenId: file.pad_token_id,
});

/** nEmbd -> n_embd, for each key; what is undefined counts as absent. */
export const snakeKeys = (object: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]: [string, unknown]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
  );

/** n_embd -> nEmbd, for each key. */
export const camelKeys = (object: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object).map(([key, value]: [string, unknown]) => [
      key.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
      value,
    ]),
  );

type Field = readonly [name: string, value: number];

/** The issue of a schema that one value is no multiple of another, if it is none. */
export const divisible = ([whole, a]: Field, [name, b]: Field | readonly [null, number], why: string) =>
  a % b === 0
    ? []
    : [
        {
          code: "custom" as const,
          input: a,
          message: `${whole} ${a} is not a multiple of ${name === null ? b : `${name} ${b}`}, ${why}`,
        },
      ];
