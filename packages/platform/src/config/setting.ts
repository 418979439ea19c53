import { snake } from "@trainer/disk";
import { z } from "zod";
import { envField } from "./env.js";

/** Facts of a setting beside its schema: other variables that set it, and whether its value is a secret. */
export const settingMeta = z.registry<{ readonly also?: readonly string[]; readonly secret?: boolean }>();

/** One setting, as a person may write it. */
export interface Setting {
  /** Variables of the environment and of `.env`; the first that is set counts. */
  readonly env: readonly [name: string, ...others: string[]];
  /** Path in the TOML file. */
  readonly toml: string;
  readonly secret: boolean;
  readonly schema: z.core.$ZodType;
}

/** Settings, one by one or in groups. */
export type SettingsSchema = z.ZodObject<z.core.$ZodShape>;

/** Values that `read` gives for each setting of a schema: `{ app: { dataRoot } }` is APP__DATA_ROOT, and app.data_root in TOML. */
export const mapSettings = (
  { shape }: SettingsSchema,
  read: (setting: Setting) => unknown,
  group: readonly string[] = [],
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(shape).map(([key, schema]): [string, unknown] => {
      const path = [...group, snake(key)];
      const inner = unwrapped(schema);
      if (inner instanceof z.ZodObject) return [key, mapSettings(inner, read, path)];
      const { also = [], secret = false } = settingMeta.get(schema) ?? {};
      return [key, read({ env: [path.join("__").toUpperCase(), ...also], toml: path.join("."), secret, schema })];
    }),
  );

const unwrapped = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? unwrapped(schema.unwrap()) : schema;

/** Form of a setting's value: text in the environment and in `.env`, with types of its own in TOML. */
export type Notation = "text" | "toml";

const WORDS = 'must be a list of texts, as in ["a", "b"]';

const text = z.string("must be text, in quotes").trim();
const digits = text.transform((value) => (/^\d{1,15}$/.test(value) ? Number(value) : Number.NaN));
const whole = z.unknown().transform((value) => (Number.isSafeInteger(value) ? value : Number.NaN));

/** Reads a notation into what a setting's schema takes. Numbers are whole; one that is not is NaN, for the schema to refuse. */
export function reader(schema: z.core.$ZodType, notation: Notation): z.ZodType {
  const inner = unwrapped(schema);
  const isText = notation === "text";
  if (inner instanceof z.ZodNumber) return isText ? digits : whole;
  if (inner instanceof z.ZodBoolean) {
    return isText ? text.pipe(envField.flag) : z.boolean("must be true or false, without quotes");
  }
  if (!(inner instanceof z.ZodArray)) return text;
  if (inner.element instanceof z.ZodNumber) {
    return isText ? envField.list.pipe(z.array(digits)) : z.array(whole, "must be whole numbers, as in [60, 300]");
  }
  return isText ? envField.list : z.array(z.string(WORDS).trim(), WORDS);
}

/** Says what a value must be, where its schema has no message of its own. */
export function refusal(schema: z.core.$ZodType, notation: Notation): z.core.$ZodErrorMap {
  const inner = unwrapped(schema);
  const number = [inner, inner instanceof z.ZodArray ? inner.element : inner].find(
    (each) => each instanceof z.ZodNumber,
  );
  return (issue) => {
    if (issue.code === "invalid_value")
      return `must be ${issue.values.map((each) => `"${String(each)}"`).join(" or ")}`;
    if (issue.code === "invalid_type" && notation === "text") return "must be a whole number";
    return `must be a whole number from ${number?.minValue}`;
  };
}
