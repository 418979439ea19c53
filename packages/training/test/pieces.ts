import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { loadTokenizer, type SentencePieceTokenizer, type Tokenizer } from "@trainer/tokenizers";

export const PREPEND = { type: "Prepend", prepend: "\u2581" };
export const MARKS = { type: "Replace", pattern: { String: " " }, content: "\u2581" };

/**
 * The tokenizer.json of a SentencePiece BPE, as transformers makes one of Llama 2's: every two pieces that make one are a
 * merge, in the order of what they make.
 */
export async function piecesOf(
  model: SentencePieceTokenizer,
  normalizers: readonly object[],
  { found = [], pre = null }: { readonly found?: readonly string[]; readonly pre?: object | null } = {},
): Promise<Tokenizer> {
  const ids = Array.from({ length: model.vocabSize }, (_, id) => id);
  const vocab = new Map(ids.map((id) => [model.token(id), id]));
  const merges = [...vocab.keys()].flatMap((piece) =>
    Array.from({ length: piece.length - 1 }, (_, i) => [piece.slice(0, i + 1), piece.slice(i + 1)]).filter((pair) =>
      pair.every((part) => vocab.has(part)),
    ),
  );
  const added = (id: number, content: string, special: boolean) => {
    return { id, content, special, single_word: false, lstrip: false, rstrip: false, normalized: false };
  };
  const special = ids.filter((id) => model.isSpecial(id)).map((id) => added(id, model.token(id), true));
  const { unk, bos, eos } = model.specials;
  const named = (id: number | null) => (id === null ? null : model.token(id));
  const others = found.map((content, i) => added(vocab.size + i, content, false));
  const file = {
    added_tokens: [...special, ...others],
    normalizer: normalizers.length === 0 ? null : { type: "Sequence", normalizers },
    pre_tokenizer: pre,
    decoder: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] },
    model: {
      type: "BPE",
      unk_token: named(unk),
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
  const folder = scratchPath("pieces");
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(file));
  const config = { unk_token: named(unk), bos_token: named(bos), eos_token: named(eos) };
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(config));
  return loadTokenizer(folder);
}
