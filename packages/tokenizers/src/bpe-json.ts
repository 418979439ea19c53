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
  const quote = (id: number) => JSON.stringify(tokens[id]);
  const vocab = tokens.map((_, id) => `      ${quote(id)}: ${id}`);
  const pairs: string[] = [];
  for (let i = 0; i < merges.length; i += 3) {
    const pair = Array.from(merges.subarray(i, i + 2), (id) => `        ${quote(id)}`);
    pairs.push(`      [\n${pair.join(",\n")}\n      ]`);
  }
  const list = pairs.length === 0 ? "[]" : `[\n${pairs.join(",\n")}\n    ]`;
  const open = JSON.stringify(head, null, 2).replace(/\n {2}\}\n\}$/, "");
  return `${open},\n    "vocab": {\n${vocab.join(",\n")}\n    },\n    "merges": ${list}\n  }\n}`;
}

/** A new vocabulary before its first merge: the special tokens, then the bytes that none of them spells. */
export function initialTokens(specials: readonly string[]): string[] {
  const bytes = alphabet.map(({ byte }) => spell(Uint8Array.of(byte)));
  return [...new Set([...specials, ...bytes])];
}

/** Special tokens as a file lists them. */
export const addedSpecials = (tokens: readonly string[], specials: readonly string[]): AddedToken[] =>
  specials.map((content) => specialToken(content, tokens.indexOf(content)));
