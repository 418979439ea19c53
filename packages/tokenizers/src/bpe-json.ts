import { at } from "@trainer/disk";
import { specialToken } from "./added-tokens.js";
import { alphabet, spell } from "./byte-alphabet.js";
import type { AddedToken } from "./tokenizer-json.js";

/** A trained vocabulary: tokens by id, and the merges as triples of ids (left, right, result). */
export interface TrainedBpe {
  readonly tokens: readonly string[];
  readonly merges: Uint32Array;
  readonly specials: readonly string[];
  readonly unknown: string | null;
}

/**
 * Writes `tokenizer.json` as Hugging Face's library does (version 1.0, `save(pretty=True)`), byte for byte. By hand
 * where JSON.stringify would not do: it writes keys that look like numbers first, and a vocabulary is in order of ids.
 */
export function bpeJson({ tokens, merges, specials, unknown }: TrainedBpe): string {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const head = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedSpecials(tokens, specials),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: { ...byteLevel, add_prefix_space: true }, // the value Python's decoders.ByteLevel() has; nothing reads it
    model: {
      type: "BPE",
      dropout: null,
      unk_token: unknown,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
    },
  };
  return bpeFile(
    head,
    tokens.map((token, id) => [token, id]),
    mergePairs(tokens, merges),
  );
}

/** The two tokens of each merge, as they are spelled. */
export function mergePairs(tokens: readonly (string | undefined)[], merges: Uint32Array): [string, string][] {
  const spelled = (i: number) => String(tokens[at(merges, i)]);
  return Array.from({ length: merges.length / 3 }, (_, rank) => [spelled(3 * rank), spelled(3 * rank + 1)]);
}

/**
 * A whole file. `file`: the rest of it, of the model what is there besides these. `merges`: as the file is to have them,
 * in pairs, or in texts with a space between two tokens.
 */
export function bpeFile(
  { model, ...head }: { readonly model: object },
  vocab: readonly (readonly [token: string, id: number])[],
  merges: readonly (string | readonly [string, string])[],
): string {
  const tokens = vocab.map(([token, id]) => `      ${JSON.stringify(token)}: ${id}`);
  const listed = merges.map((merge) =>
    typeof merge === "string"
      ? `      ${JSON.stringify(merge)}`
      : `      [\n${merge.map((token) => `        ${JSON.stringify(token)}`).join(",\n")}\n      ]`,
  );
  const list = listed.length === 0 ? "[]" : `[\n${listed.join(",\n")}\n    ]`;
  const open = JSON.stringify({ ...head, model }, null, 2).replace(/\n {2}\}\n\}$/, "");
  return `${open},\n    "vocab": {\n${tokens.join(",\n")}\n    },\n    "merges": ${list}\n  }\n}`;
}

/** A new vocabulary before its first merge: the special tokens, then the bytes that none of them spells. */
export function initialTokens(specials: readonly string[]): string[] {
  const bytes = alphabet.map(({ byte }) => spell(Uint8Array.of(byte)));
  return [...new Set([...specials, ...bytes])];
}

/** Special tokens as a file lists them. */
export const addedSpecials = (tokens: readonly string[], specials: readonly string[]): AddedToken[] =>
  specials.map((content) => specialToken(content, tokens.indexOf(content)));
