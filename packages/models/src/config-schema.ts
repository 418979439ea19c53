import { camel, snake } from "@trainer/disk";
import { z } from "zod";
import type { SpecialIds } from "./family.js";

// What the schemas of several families' config.json are made of. Fields have the file's names in camelCase: `parseConfig`
// turns a file's keys, and the names in errors, from one to the other.

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
/** The first of several ends of text is the one to train with. */
const ids = z.union([id, z.array(z.int().nonnegative()).transform(([first]) => first ?? null)]);

/** The special tokens' fields, with the family's defaults. */
export const specialFields = (bos: number | null, eos: number | null) => ({
  bosTokenId: id.default(bos),
  eosTokenId: ids.default(eos),
  padTokenId: id.default(null),
});

export const toSpecials = ({ bosTokenId, eosTokenId, padTokenId }: SpecialIds): SpecialIds => ({
  bosTokenId,
  eosTokenId,
  padTokenId,
});

type Shape = Readonly<Record<string, z.ZodType>>;
type Wrapped<Inner extends z.core.SomeType> = z.ZodDefault<Inner> | z.ZodNullable<Inner> | z.ZodOptional<Inner>;
/** A field without its default, and neither null nor absent. */
type Bare<Field> = Field extends Wrapped<infer Inner> ? Bare<Inner> : Field;

/** The schema of what may be chosen of a config: each of these fields as it is there, or absent. */
export function dimensionsOf<Fields extends Shape>(
  fields: z.ZodObject<Fields>,
): z.ZodObject<{ [Name in keyof Fields]: z.ZodOptional<Bare<Fields[Name]>> }, z.core.$strict>;
export function dimensionsOf({ shape }: z.ZodObject<Shape>): z.ZodObject<Shape> {
  return z.strictObject(
    Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, z.optional(bare(field))])),
  );
}

function bare(field: z.core.$ZodType): z.core.$ZodType {
  const wrapped = field instanceof z.ZodDefault || field instanceof z.ZodNullable || field instanceof z.ZodOptional;
  return wrapped ? bare(field.unwrap()) : field;
}

/** nEmbd -> n_embd, for each key; what is undefined counts as absent. */
export const snakeKeys = (object: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]: [string, unknown]) => [snake(key), value]),
  );

/** n_embd -> nEmbd, for each key. */
export const camelKeys = (object: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).map(([key, value]: [string, unknown]) => [camel(key), value]));

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
