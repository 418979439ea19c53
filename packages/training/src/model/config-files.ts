import { readStoredIds, writeModelConfig, type CausalLm } from "@trainer/models";
import type { Tokenizer } from "@trainer/tokenizers";
import type { TrainOptions } from "../options/options.js";

/** True if a run that starts from other weights takes their tokenizer. */
export const ownTokenizer = ({ tokenizer }: Pick<TrainOptions, "tokenizer">): boolean => tokenizer === null;

/**
 * Writes the run's config.json and generation_config.json. Of a model that it starts from with its own tokenizer, the
 * ids and all of its generation_config.json are kept: several tokens may end a text. `answerEnd`:
 * the one that ends an answer, where conversations are learnt.
 */
export async function writeConfigs(
  dir: string,
  model: CausalLm,
  tokenizer: Pick<Tokenizer, "specials" | "vocabSize">,
  pretrained: string | null,
  answerEnd: number | null = null,
): Promise<void> {
  const { bos, eos, pad } = tokenizer.specials;
  const stored = pretrained === null ? null : await readStoredIds(pretrained);
  const known = (id: number) => id < tokenizer.vocabSize;
  const named = stored?.eos?.filter(known) ?? [];
  const ends = [...new Set([eos, ...named, answerEnd].filter((id) => id !== null))];
  const eosTokenId = ends.length > 1 ? ends : (ends[0] ?? null);
  const ids = { bosTokenId: stored?.bos ?? bos, eosTokenId, padTokenId: stored?.pad ?? pad };
  await writeModelConfig(dir, model, ids, stored?.generation ?? null);
}
