import type { OptionSpec } from "./option-spec.js";

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
  error.message = error.message.replace(FIELD, (name) => {
    const flag = flags.get(camel(name));
    return flag === undefined ? name : `--${flag}`;
  });
  return error;
}

const camel = (name: string): string => name.replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
