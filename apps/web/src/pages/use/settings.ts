import { optionFacts, snake, type OptionFacts } from "@trainer/options";
import type { z } from "zod";
import { capitalized, inWords } from "../../parts/words.js";

/** An option of a request, by its name there. */
export interface Setting {
  readonly name: string;
  readonly title: string;
  readonly facts: OptionFacts;
}

/** What was written for each setting; missing or empty: its default. */
export type Values = Readonly<Record<string, string>>;

const titles: Readonly<Record<string, string>> = {
  max_new_tokens: "Length in tokens",
  temperature: "Temperature",
  top_k: "Top k",
  top_p: "Top p",
  min_p: "Min p",
  stop_on_eos: "End with the text",
  stop_sequences: "Stop at",
  seed: "Seed",
  bos: "Begin token",
  special_tokens: "Special tokens",
  num_return_sequences: "How many texts",
};

/** The options that a request has a field for, with titles in place of the usual ones. */
export const settingsOf = (
  options: Readonly<Record<string, z.ZodType>>,
  request: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, string>> = {},
): readonly Setting[] =>
  Object.entries(options).flatMap(([key, option]) => {
    const name = snake(key);
    return name in request
      ? [{ name, title: own[name] ?? titles[name] ?? capitalized(inWords(name)), facts: optionFacts(option) }]
      : [];
  });

/** The fields of a request for what was written; a text that is none of a setting's values stays as it is, to be refused. */
export const fieldsOf = (settings: readonly Setting[], values: Values): Record<string, unknown> =>
  Object.fromEntries(
    settings.flatMap(({ name, facts }) => {
      const text = values[name] ?? "";
      return text.trim() === "" ? [] : [[name, valueOf(text, facts)]];
    }),
  );

function valueOf(text: string, { kind }: OptionFacts): unknown {
  switch (kind) {
    case "boolean":
      return text === "true";
    case "integer":
      return integerOf(text.trim());
    case "number":
      return Number(text);
    case "list":
      return text.split("\n").flatMap((line) => (line === "" ? [] : [unescaped(line)]));
    case "string":
      return text;
  }
}

function integerOf(text: string): number | bigint {
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}

/** `\n`, `\t` and `\\` as what they stand for: a list has one text a line. */
const unescaped = (line: string): string =>
  line.replace(/\\([nt\\])/g, (_, letter: string) => (letter === "n" ? "\n" : letter === "t" ? "\t" : "\\"));

/** Why a request is refused, by field; empty where it is not. */
export function refusalsOf(request: z.ZodType, body: object): Readonly<Record<string, string>> {
  const { error } = request.safeParse(body);
  const refused = (error?.issues ?? []).map(({ path, message }) => [String(path[0]), reasonOf(message)] as const);
  return Object.fromEntries(refused.toReversed()); // the first of a field counts
}

const reasonOf = (message: string): string => capitalized(message).replace(">=", "at least").replace("<=", "at most");

/** A seed that nobody chose: six digits can be remembered. */
export const drawnSeed = (random: () => number = Math.random): number => Math.floor(random() * 1_000_000);
