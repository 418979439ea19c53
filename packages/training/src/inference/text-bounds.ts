import { readStoredIds, type SpecialIds } from "@trainer/models";
import type { Tokenizer } from "@trainer/tokenizers";
import type { RunManifest } from "../home/manifest.js";
import type { OpenModel } from "./open-model.js";

/** How texts begin and end that a model with this tokenizer writes, and which ids they never have. */
export async function textBounds(
  dir: string,
  {
    tokenizer,
    specials,
    manifest,
  }: { readonly tokenizer: Tokenizer; readonly specials: SpecialIds; readonly manifest: RunManifest | null },
): Promise<Pick<OpenModel, "eosId" | "ends" | "absent" | "startId">> {
  const stated = (await readStoredIds(dir)).ends.filter((end) => end < tokenizer.vocabSize);
  const eosId = tokenizer.specials.eos ?? stated[0] ?? usualEnd(tokenizer, specials);
  return {
    eosId,
    ends: new Set(eosId === null ? stated : [eosId, ...stated]),
    absent: Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => tokenizer.token(id) === ""),
    startId: beginOf(tokenizer, manifest, eosId),
  };
}

/** The usual end token of the family, if nothing else is given; the tokenizer may not have it. */
const usualEnd = ({ vocabSize }: Tokenizer, { eosTokenId }: SpecialIds): number | null =>
  eosTokenId !== null && eosTokenId < vocabSize ? eosTokenId : null;

/**
 * The template's, where it has one. Else training here puts the end-of-text token between texts and no other before them,
 * so that a text begins after it; its vocabularies' [BOS] is never read. A model from elsewhere begins with its own.
 */
function beginOf(tokenizer: Tokenizer, manifest: RunManifest | null, eosId: number | null): number | null {
  const { bos } = tokenizer.specials;
  const template = tokenizer.frame.before.at(-1);
  if (template !== undefined) return template;
  const elsewhere = manifest === null && bos !== null && tokenizer.token(bos) !== "[BOS]";
  return elsewhere ? bos : (eosId ?? bos);
}
