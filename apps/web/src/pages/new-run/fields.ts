import { camel, optionFacts, snake, TrainOptions, type OptionFacts, type Registry } from "@trainer/options";
import { TrainRequest } from "@trainer/platform/browser";
import type { z } from "zod";
import { titleOf } from "./titles.js";

/** A setting of a training, as the form has it. */
export interface Field {
  /** Its name in requests. */
  readonly name: string;
  readonly title: string;
  readonly facts: OptionFacts;
  /** The service's default as it would be written; empty where it has none. */
  readonly preset: string;
  readonly group: string;
  /** Its place among the options. */
  readonly place: number;
  /** The setting without which it has no effect. */
  readonly needs: string | undefined;
  readonly namesOf: Registry | undefined;
  /** Its name on the command line, without dashes. */
  readonly flag: string;
  readonly schema: z.ZodType;
}

/** What the form asks for in a way of its own, or not at all: who is signed in is the user. */
const OTHERWISE: ReadonlySet<string> = new Set(["user_id", "model_config"]);

const options: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(TrainOptions.shape));

const places = [...options.keys()];

/** Options that a request has by other names. */
const ORIGINS: Readonly<Record<string, string>> = {
  corpus_path: "corpus",
  corpus_paths: "corpus",
  tokenizer_id: "tokenizer",
};

export type Scalar = string | number | boolean;
export const isScalar = (value: unknown): value is Scalar =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** The value of a setting. */
export type Value = Scalar | readonly string[];

/** Every setting of a training request. */
export const fields: readonly Field[] = Object.entries(TrainRequest.shape).flatMap(([name, schema]) => {
  const origin = ORIGINS[name] ?? camel(name);
  const option = options.get(origin);
  if (OTHERWISE.has(name) || option === undefined) return [];
  const [facts, known] = [optionFacts(schema), optionFacts(option)];
  return [
    {
      name,
      schema,
      facts,
      title: titleOf(name),
      preset: isScalar(facts.default) ? String(facts.default) : "",
      group: String(known.group),
      place: places.indexOf(origin),
      needs: known.needs === undefined ? undefined : snake(known.needs),
      namesOf: known.namesOf,
      flag:
        known.flag ??
        (name === "corpus_paths" ? camel(name) : origin).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    },
  ];
});

const byName: ReadonlyMap<string, Field> = new Map(fields.map((field) => [field.name, field]));

export const fieldOf = (name: string): Field | undefined => byName.get(name);

/** The fields of these names, in their order; a name that there is not is left out. */
export const fieldsNamed = (names: readonly string[]): readonly Field[] =>
  names.flatMap((name) => byName.get(name) ?? []);

/** The fields by the headings that they stand under. */
export function grouped(some: readonly Field[]): ReadonlyMap<string, readonly Field[]> {
  const groups = new Map<string, Field[]>();
  for (const field of some) {
    const group = groups.get(field.group);
    if (group === undefined) groups.set(field.group, [field]);
    else group.push(field);
  }
  return groups;
}
