import { z } from "zod";
import type { NormalizerStep, SplitterSettings } from "./addon.js";
import { readStep, stepsOf, unsupported } from "./pipeline-json.js";
import { SplitStep, type Step } from "./tokenizer-json.js";

/** Values of native/piece-splitter.h. */
export const WORDS = { whole: 0, before: 1, runs: 2, wordOrNot: 3 } as const;
export const PREFIX = { never: 0, first: 1, always: 2 } as const;

/** SentencePiece's mark of a space. */
export const MARK = "\u2581";

const Metaspace = z.looseObject({
  // A longer one, put before each word, could make any text of a short one.
  replacement: z.string().refine((mark) => Array.from(mark).length === 1, "must be one character"),
  // Files before 2023 say `add_prefix_space`.
  add_prefix_space: z.boolean().default(true),
  prepend_scheme: z.enum(["always", "first", "never"]).optional(),
  split: z.boolean().default(true),
});

export interface Words {
  readonly pre: Step | null | undefined;
  readonly normalizer: readonly NormalizerStep[];
  /** Every token that can come out of more than one character. */
  readonly pieces: Iterable<string>;
  /** Is this character a token? */
  readonly has: (char: string) => boolean;
}

/** The splitter of a tokenizer.json's pre_tokenizer. Throws TOKENIZER_LOAD_FAILED, naming what is not supported. */
export function splitterOf({ pre, normalizer, pieces, has }: Words): SplitterSettings {
  const steps = stepsOf(pre, "pre_tokenizer", "pretokenizers");
  const plain: SplitterSettings = {
    atWhiteSpace: false,
    spacesToMark: false,
    prefix: PREFIX.never,
    words: WORDS.whole,
    mark: MARK,
  };
  const whole = (mark: string) => (has(mark) && beginsWords(mark, pieces) ? WORDS.runs : WORDS.whole);
  const types = steps.map(({ type }) => type).join(", ");
  const [first, last = first] = steps;
  if (first === undefined || last === undefined) return { ...plain, words: whole(MARK) };
  switch (types) {
    case "Whitespace":
      return { ...plain, words: WORDS.wordOrNot };
    case "WhitespaceSplit":
      return { ...plain, atWhiteSpace: true };
    case "Split": {
      const { pattern } = readStep(SplitStep, first);
      const spacesGone = normalizer.some(
        ({ type, pattern: old, content }) => type === "Replace" && old === " " && content === MARK,
      );
      if ("String" in pattern && pattern.String === " " && spacesGone) return { ...plain, words: whole(MARK) };
      throw unsupported(
        `Split at ${JSON.stringify(pattern)}`,
        "it can only be at spaces that the normalizer takes away",
      );
    }
    case "Metaspace":
    case "WhitespaceSplit, Metaspace": {
      const { replacement: mark, add_prefix_space, prepend_scheme, split } = readStep(Metaspace, last);
      return {
        atWhiteSpace: steps.length > 1,
        spacesToMark: true,
        prefix: PREFIX[prepend_scheme ?? (add_prefix_space ? "always" : "never")],
        words: split ? WORDS.before : whole(mark),
        mark,
      };
    }
    default:
      throw unsupported(
        `the pre_tokenizer (${types})`,
        "Metaspace, WhitespaceSplit before it, Whitespace or none can be loaded",
      );
  }
}

/** Is the mark only at the beginning of pieces? Then a text may be cut before it, and words be looked up. */
function beginsWords(mark: string, pieces: Iterable<string>): boolean {
  for (const piece of pieces) {
    let from = 0;
    while (piece.startsWith(mark, from)) from += mark.length;
    if (piece.includes(mark, from)) return false;
  }
  return true;
}
