import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unlessAbsent } from "@trainer/disk";
import { z } from "zod";
import { invalid } from "./check-input.js";
import { byteOf } from "./decoder-steps.js";
import type { ExtendOptions } from "./extend-tokenizer.js";
import { appendPieces, modelTypes, readSentencePiece } from "./gguf/sentencepiece-model.js";
import { learnPieces } from "./learn-pieces.js";
import { nothingNew, notExtended } from "./not-extended.js";
import { SentencePieceTokenizer } from "./sentencepiece.js";
import { pieceTypes } from "./vocabulary/pieces-of-model.js";

/**
 * A BPE model of SentencePiece with pieces more, by the settings that its own were learned by. Throws
 * UNSUPPORTED_BACKEND, INVALID_INPUT, and what `trainBpe` throws.
 */
export async function extendSentencePiece(
  base: SentencePieceTokenizer,
  options: ExtendOptions,
): Promise<SentencePieceTokenizer> {
  const { pieces, modelType, rules } = readSentencePiece(base.model);
  if (modelType === modelTypes.unigram)
    throw notExtended(
      "a unigram model of SentencePiece cuts a text by the scores of all pieces together, so that new ones change how text without them is cut",
    );
  if (modelType !== modelTypes.bpe) throw notExtended("this SentencePiece model is of whole words or of characters");
  const taken = await addedPast(base);
  if (taken !== null)
    throw invalid(
      `${taken.file} has the added token ${JSON.stringify(taken.token)} after the model's ${pieces.length} pieces, where new ones come: extend the tokenizer.json of the same model, which transformers writes with save_pretrained`,
    );
  const added = await learnPieces(options, {
    base,
    tokens: pieces.map(({ piece }) => piece),
    isText: (id) => pieces[id]?.type === pieceTypes.normal,
    byteOf: (id) => (pieces[id]?.type === pieceTypes.byte ? byteOf(pieces[id].piece) : undefined) ?? undefined,
    rules,
  });
  if (added.length === 0) throw nothingNew();
  const model = appendPieces(base.model, added);
  return new SentencePieceTokenizer(model, "the extended model", base.given);
}

const AddedTokens = z.record(z.string(), z.int());
const Config = z.looseObject({
  added_tokens_decoder: z.record(z.string(), z.looseObject({ content: z.string() })).default({}),
});

/** An added token that transformers gives an id after those of the model, and the file that says so. */
async function addedPast({ given, vocabSize }: SentencePieceTokenizer) {
  const { beside = new Map<string, string>(), folder = null } = given;
  const config = "tokenizer_config.json";
  for (const [id, { content }] of Object.entries(read(Config, beside.get(config))?.added_tokens_decoder ?? {}))
    if (Number(id) >= vocabSize) return { file: config, token: content };
  const file = "added_tokens.json";
  const text = folder === null ? null : await unlessAbsent(readFile(join(folder, file), "utf8"));
  const past = Object.entries(read(AddedTokens, text ?? undefined) ?? {}).find(([, id]) => id >= vocabSize);
  return past === undefined ? null : { file, token: past[0] };
}

/** Null for a file that is not there, or that transformers could not read either. */
function read<T>(schema: z.ZodType<T>, text: string | undefined): T | null {
  try {
    return schema.parse(JSON.parse(text ?? ""));
  } catch {
    return null;
  }
}
