import { at } from "@trainer/disk";
import { type PatternName, patterns } from "../patterns.js";
import { tokenTypes, unreadable, type GgufTokenizer } from "./gguf-tokenizer.js";
import { preTokenizers } from "./pre-tokenizers.js";
import { modelTypes, writeSentencePiece } from "./sentencepiece-model.js";

/**
 * The files that `loadTokenizer` reads as the tokenizer of a GGUF file: tokenizer.json or tokenizer.model, and
 * tokenizer_config.json with `extra`. Throws TOKENIZER_LOAD_FAILED for one that there is not here.
 */
export function filesOfGguf(
  gguf: GgufTokenizer,
  extra: Readonly<Record<string, unknown>> = {},
): ReadonlyMap<string, string | Uint8Array> {
  const own: readonly [string, string | Uint8Array] =
    gguf.model === "gpt2" ? ["tokenizer.json", bpeFile(gguf)] : ["tokenizer.model", sentencePieceFile(gguf)];
  const named = Object.entries({ bos_token: gguf.bos, eos_token: gguf.eos, pad_token: gguf.pad, unk_token: gguf.unk });
  const roles = named.flatMap(([role, id]) => {
    const token = id === null || gguf.types[id] === tokenTypes.unused ? undefined : gguf.tokens[id];
    return token === undefined ? [] : [[role, token] as const];
  });
  const config = { ...Object.fromEntries<string>(roles), add_bos_token: gguf.addBos, add_eos_token: false, ...extra };
  return new Map([own, ["tokenizer_config.json", JSON.stringify(config)]]);
}

function bpeFile({ tokens, types, merges, pre }: GgufTokenizer): string {
  const cut = preTokenizers.get(pre ?? "default");
  if (cut === undefined) {
    const known = [...preTokenizers.keys()].join(", ");
    throw unreadable(`tokenizer.ggml.pre is ${JSON.stringify(pre ?? "default")}; what is read: ${known}`);
  }
  const seen = new Set<string>();
  for (const token of tokens) {
    if (seen.has(token)) throw unreadable(`it has the token ${JSON.stringify(token)} twice`);
    seen.add(token);
  }
  const used = tokens.flatMap((content, id) => (types[id] === tokenTypes.unused ? [] : [{ content, id }]));
  const added = used.flatMap(({ content, id }) => {
    const special = types[id] === tokenTypes.control || types[id] === tokenTypes.unknown;
    if (!special && types[id] !== tokenTypes.userDefined) return [];
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: preTokenizer(cut.pattern),
    post_processor: byteLevel(false),
    decoder: byteLevel(true),
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: cut.ignoreMerges,
      vocab: Object.fromEntries(used.map(({ content, id }) => [content, id])),
      merges: (merges ?? []).map((merge) => {
        const space = merge.indexOf(" ", 1);
        if (space < 0)
          throw unreadable(`the merge ${JSON.stringify(merge)} is not two tokens with a space between them`);
        return [merge.slice(0, space), merge.slice(space + 1)];
      }),
    },
  });
}

const byteLevel = (cuts: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cuts,
});

function preTokenizer(pattern: PatternName) {
  if (pattern === "gpt2") return byteLevel(true);
  if (pattern === "smollm")
    return { type: "Sequence", pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel(true)] };
  const split = { type: "Split", pattern: { Regex: patterns[pattern].regex }, behavior: "Isolated", invert: false };
  return { type: "Sequence", pretokenizers: [split, byteLevel(false)] };
}

function sentencePieceFile({
  model,
  tokens,
  types,
  scores,
  normalizer,
  unk,
  bos,
  eos,
  pad,
}: GgufTokenizer): Uint8Array {
  if (scores === null || normalizer === null) throw unreadable("a SentencePiece tokenizer needs tokenizer.ggml.scores");
  const last = types.findLastIndex((type) => type !== tokenTypes.unused);
  const pieces = tokens.slice(0, last + 1).map((piece, id) => ({ piece, score: at(scores, id), type: at(types, id) }));
  return writeSentencePiece({
    pieces,
    modelType: model === "llama" ? modelTypes.bpe : modelTypes.unigram,
    byteFallback: types.includes(tokenTypes.byte),
    charsmap: normalizer.charsmap,
    addDummyPrefix: normalizer.addSpacePrefix,
    removeExtraWhitespaces: normalizer.removeExtraWhitespaces,
    roles: { unk, bos, eos, pad },
  });
}
