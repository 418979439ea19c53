import { z } from "zod";

/** The registries whose names an open option takes. */
export const registries = ["families", "methods", "optimizers"] as const;
export type Registry = (typeof registries)[number];

export type OptionKind = "boolean" | "integer" | "number" | "string" | "list";

/** Facts of an option in its schema, from which flags, fields of requests and pages are made. */
export interface OptionFacts {
  readonly kind: OptionKind;
  readonly choices: readonly string[];
  /** Words that stand for a number. */
  readonly words: readonly string[];
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  /** Bounds that are themselves refused. */
  readonly above: number | undefined;
  readonly below: number | undefined;
  readonly default: unknown;
  /** It must be given. */
  readonly required: boolean;
  readonly description: string;
  /** Meaning of the word auto, where it stands beside a number. */
  readonly auto: string | undefined;
  /** The heading that it stands under. */
  readonly group: string | undefined;
  /** Meaning of its contrary, for an option that is on by default or neither on nor off. */
  readonly negated: string | undefined;
  /** Further name on the command line. */
  readonly flag: string | undefined;
  /** The most that may be asked of somebody else's machine, where an own one has no bound. */
  readonly most: number | undefined;
  /** The registry that knows its names. */
  readonly namesOf: Registry | undefined;
  /** The option without which it has no effect. */
  readonly needs: string | undefined;
}

const Plain = z.object({
  type: z
    .union([z.string(), z.array(z.string()).transform((types) => types.find((type) => type !== "null"))])
    .optional(),
  enum: z.array(z.string()).default([]),
  const: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
});
const Property = Plain.extend({
  anyOf: z.array(Plain.extend({ anyOf: z.array(Plain).default([]) })).default([]),
  default: z.unknown().optional(),
  description: z.string().default(""),
  auto: z.string().optional(),
  group: z.string().optional(),
  negated: z.string().optional(),
  flag: z.string().optional(),
  most: z.number().optional(),
  namesOf: z.enum(registries).optional(),
  needs: z.string().optional(),
});

/** Facts of an option from the JSON Schema that Zod makes of it. */
export function optionFacts(option: z.ZodType): OptionFacts {
  const property = Property.parse(z.toJSONSchema(option, { io: "input", unrepresentable: "any" }));
  // A nullable option is anyOf [what it is, null], one of several types anyOf them all, of which the first counts.
  const types = property.anyOf.flatMap((type) => (type.anyOf.length === 0 ? [type] : type.anyOf));
  const plain = types.find(({ type }) => type !== "null") ?? property;
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = plain;
  const { default: preset, description, auto, group, negated, flag, most, namesOf, needs } = property;
  return {
    kind: kindOf(plain.type),
    choices: plain.enum,
    words: types.flatMap(({ const: word }) => (typeof word === "string" ? [word] : [])),
    minimum: minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum,
    maximum: maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum,
    above,
    below,
    default: preset,
    required: !option.safeParse(undefined).success,
    description,
    auto,
    group,
    negated,
    flag,
    most,
    namesOf,
    needs,
  };
}

function kindOf(type: string | undefined): OptionKind {
  if (type === "boolean" || type === "integer" || type === "number") return type;
  return type === "array" ? "list" : "string";
}
