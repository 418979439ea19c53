import { at } from "@trainer/disk";
import { specialIds } from "../added-tokens.js";
import { mergesWithout } from "../bpe-definition.js";
import type { BpeTokenizer } from "../bpe.js";
import { alphabet } from "../byte-alphabet.js";
import { noGguf, tokenTypes, type GgufTokenizer } from "./gguf-tokenizer.js";
import { preTokenizerOf } from "./pre-tokenizers.js";

/** Byte-level BPE. Throws UNSUPPORTED_BACKEND, naming what llama.cpp would do otherwise. */
export function bpeToGguf({ definition, specials, vocabSize, frame }: BpeTokenizer): Omit<GgufTokenizer, "addBos"> {
  const { vocab, added, pattern, ignoreMerges, unknown } = definition;
  const pre = preTokenizerOf({ pattern, ignoreMerges });
  if (pre === undefined)
    throw noGguf(
      `its tokenizer takes words whole (ignore_merges) that it cuts as ${pattern} does; llama.cpp has not both`,
    );
  const missing = alphabet.filter(({ char }) => !Object.hasOwn(vocab, char)).length;
  if (missing > 0 && unknown !== null)
    throw noGguf(
      `its tokenizer has no token for ${missing} of the 256 bytes, which llama.cpp would leave out of a text`,
    );
  const special = specialIds(added);
  const tokens: string[] = Array.from({ length: vocabSize }, () => "");
  const types: number[] = Array.from({ length: vocabSize }, () => tokenTypes.unused);
  for (const [token, id] of Object.entries(vocab)) {
    tokens[id] = token;
    types[id] = tokenTypes.normal;
  }
  for (const { id, content } of added) {
    tokens[id] = content;
    types[id] = special.has(id) ? tokenTypes.control : tokenTypes.userDefined;
  }
  const ids = mergesWithout(special, definition.merges);
  const merges = Array.from(
    { length: ids.length / 3 },
    (_, i) => `${at(tokens, at(ids, 3 * i))} ${at(tokens, at(ids, 3 * i + 1))}`,
  );
  const bos = frame.before.at(-1) ?? specials.bos;
  return { model: "gpt2", pre, tokens, types, scores: null, merges, ...specials, bos, normalizer: null };
}
