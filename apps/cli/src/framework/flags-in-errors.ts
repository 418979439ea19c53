import type { OptionSpec } from "./option-spec.js";

/** A name of one word, which may be any other: where a refusal of fields begins with it, or in backticks. */
const OF_ONE_WORD = /(?<=^(?:[a-z ]+ wrong: )?)[a-z]+(?=: )|`[a-z]+`/g;

/** A field's name as libraries and requests have it, that is no part of a path or a longer word. */
const FIELD = /(?<![\w./-])[a-z]+(?:[A-Z][a-z]*|_[a-z]+)+(?![\w/-]|\.\w)/g;

/**
 * An error whose message calls options by their flags: what a library refuses names its own fields, `vocabSize` or
 * `vocab_size`. `aliases`: what fields are called there, where the option has another name.
 */
export function withFlags(
  error: unknown,
  specs: readonly Pick<OptionSpec, "key" | "flag">[],
  aliases: Readonly<Record<string, string>> = {},
): unknown {
  if (!(error instanceof Error)) return error;
  const flags = new Map(
    specs.flatMap(({ key, flag }) => [key, camel(aliases[key] ?? key)].map((name) => [name, flag])),
  );
  const flagOf = (name: string) => {
    const flag = flags.get(camel(name.replaceAll("`", "")));
    return flag === undefined ? name : `--${flag}`;
  };
  error.message = error.message.replace(FIELD, flagOf).replace(OF_ONE_WORD, flagOf);
  return error;
}

const camel = (name: string): string => name.replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
