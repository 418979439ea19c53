import { most, optionFacts, snake, type OptionFacts, type Registry, type Snake } from "@trainer/options";
import { z } from "zod";
import { bool, float, int, oneOf, orNull, text, withDefault } from "./fields.js";

type Shape = Readonly<Record<string, z.ZodType>>;

/** Value of an option that came over the wire: the first of several types, without the words beside a number. */
type Held<S> =
  S extends z.ZodDefault<infer Inner>
    ? Held<Inner>
    : S extends z.ZodNullable<infer Inner>
      ? Held<Inner> | null
      : S extends { readonly options: readonly [infer First, ...unknown[]] }
        ? Held<First>
        : z.output<S>;
type Field<S> = z.ZodType<Held<S>, Held<S> | null | undefined>;
type Fields<S> = { [Key in keyof S & string as Snake<Key>]: Field<S[Key]> };

/** The names that registries have, where they are known: names that a process did not load are for others to judge. */
export type Known = Partial<Readonly<Record<Registry, readonly string[]>>>;

/** A request's field for each option, by its name in snake_case. */
export function wire<S extends Shape>(options: S, known?: Known): Fields<S>;
export function wire(options: Shape, known?: Known): Shape {
  return Object.fromEntries(Object.entries(options).map(([key, option]) => [snake(key), wireField(option, known)]));
}

/** The field that asks for an option: its default, bounds, choices and help, refused in the words of the API. */
export function wireField<S extends z.ZodType>(option: S, known?: Known): Field<S>;
export function wireField(option: z.ZodType, known: Known = {}): z.ZodType {
  const facts = optionFacts(option);
  const field = held(facts, known);
  const asked = facts.default === null ? orNull(field) : withDefault(field, facts.default);
  return asked.describe(sentence(facts.description));
}

function held({ kind, choices, minimum: min = 0, above, below, ...facts }: OptionFacts, known: Known): z.ZodType {
  const { namesOf, maximum, most: max = maximum } = facts;
  const names = namesOf === undefined ? choices : (known[namesOf] ?? []);
  switch (kind) {
    case "boolean":
      return bool;
    case "integer":
      return int({ min, max });
    case "number":
      return float({ ...(above === undefined ? { min } : { above }), max, below });
    case "string":
      return names.length === 0 ? text : oneOf(names);
    case "list":
      return someNames;
  }
}

/** At least one name, and no more than are of use. */
export const someNames = z
  .array(
    text.trim().min(1, "must not be empty").max(most.name, `must have at most ${most.name} characters`),
    "must be a list of strings",
  )
  .min(1, "must name one at least")
  .max(most.names, `must be at most ${most.names} strings`);

/** The help of a flag as a sentence. */
const sentence = (help: string): string => `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;
