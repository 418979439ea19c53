import { z } from "zod";

export type OptionKind = "boolean" | "integer" | "number" | "string" | "list";

/** What a schema's field says about the command-line option that sets it. */
export interface OptionSpec {
  /** The field's name, as the schema has it. */
  readonly key: string;
  /** The option's name without dashes: nEmbd -> n-embd. */
  readonly flag: string;
  readonly kind: OptionKind;
  readonly description: string;
  readonly choices: readonly string[];
  /** What is allowed, in words: "a whole number from 1 to 1024". */
  readonly allowed: string;
  /** The same in short, for lists of options: "1 to 1024", "from 0", "below 1"; empty where anything goes. */
  readonly range: string;
  readonly default: unknown;
  /** It must be given. */
  readonly required: boolean;
  /** What --no-… means, where it stands beside the option itself. */
  readonly negated: string;
}

/** An object schema whose fields can be set from the command line. */
export type OptionSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>>;

const Plain = z.object({
  type: z
    .union([z.string(), z.array(z.string()).transform((types) => types.find((type) => type !== "null"))])
    .optional(),
  enum: z.array(z.string()).optional(),
  const: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
});
const Property = Plain.extend({
  anyOf: z.array(Plain).default([]),
  description: z.string().default(""),
  negated: z.string().default(""),
  default: z.unknown().optional(),
});
const Properties = z.object({
  properties: z.record(z.string(), Property),
  required: z.array(z.string()).default([]),
});

/** One option for each field of an object schema, in its order. */
export function optionSpecs(schema: OptionSchema): OptionSpec[] {
  const { properties, required } = Properties.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  return Object.entries(properties).map(([key, property]) => {
    // A nullable field is anyOf [what it is, null]; leaving the option out is how one says null.
    const plain = property.anyOf.find(({ type }) => type !== "null") ?? property;
    const kind = kindOf(plain.type);
    const choices = plain.enum ?? [];
    // A number may have words beside it: anyOf [an integer, the constant "auto"].
    const words = property.anyOf.flatMap(({ const: word }) => (typeof word === "string" ? [word] : []));
    const range = [rangeOf(plain), ...words].filter(Boolean).join(", or ");
    return {
      key,
      flag: kebab(key),
      kind,
      description: property.description,
      choices,
      allowed: allowed(kind, choices, range),
      range,
      default: property.default,
      required: required.includes(key),
      negated: property.negated,
    };
  });
}

/** nEmbd -> n-embd, testSplitRatio -> test-split-ratio. */
export const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function kindOf(type: string | undefined): OptionKind {
  if (type === "boolean" || type === "integer" || type === "number") return type;
  return type === "array" ? "list" : "string";
}

function allowed(kind: OptionKind, choices: readonly string[], range: string): string {
  if (choices.length > 0) return `one of: ${choices.join(", ")}`;
  if (kind !== "integer" && kind !== "number") return "text";
  return [kind === "integer" ? "a whole number" : "a number", range].filter(Boolean).join(" ");
}

function rangeOf({
  minimum,
  maximum,
  exclusiveMinimum: above,
  exclusiveMaximum: below,
}: z.output<typeof Plain>): string {
  const from = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const to = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  return [
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(" ");
}
