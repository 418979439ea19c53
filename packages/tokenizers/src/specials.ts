import { z } from "zod";
import type { Files } from "./save-files.js";
import type { Specials } from "./tokenizer.js";

/** The special tokens of a new vocabulary, ids 0 to 3. */
export const DEFAULT_SPECIALS = ["[PAD]", "[UNK]", "[BOS]", "[EOS]"] as const;

/** Names of tokens with a role, in our files and in the best known ones; the first found is taken. */
const NAMES = {
  pad: ["[PAD]", "<pad>", "<|pad|>", "<|finetune_right_pad_id|>"],
  unk: ["[UNK]", "<unk>"],
  bos: ["[BOS]", "<s>", "<|begin_of_text|>", "<|startoftext|>"],
  eos: ["[EOS]", "</s>", "<|end_of_text|>", "<|endoftext|>"],
} as const;

const Named = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
  .nullish();

/**
 * The part of Hugging Face's `tokenizer_config.json` that assigns roles to special tokens, and which of them are added
 * to a text.
 */
export const TokenizerConfig = z.looseObject({
  pad_token: Named,
  unk_token: Named,
  bos_token: Named,
  eos_token: Named,
  add_bos_token: z.boolean().optional().catch(undefined),
  add_eos_token: z.boolean().optional().catch(undefined),
});
export type TokenizerConfig = z.infer<typeof TokenizerConfig>;

/** tokenizer.json does not say which special token plays which part; the file beside it does, where there is one. */
export function configIn(beside: Files): TokenizerConfig {
  try {
    return TokenizerConfig.parse(JSON.parse(beside.get("tokenizer_config.json") ?? "{}"));
  } catch {
    return {}; // one that cannot be read names nothing, and the usual names are looked for
  }
}

/** Finds the special tokens: those the config names, else those with a usual name. */
export function specialsOf(tokens: readonly (string | undefined)[], config: TokenizerConfig = {}): Specials {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) if (token !== undefined) ids.set(token, id);
  const find = (part: keyof typeof NAMES) => {
    const named = config[`${part}_token`];
    const names: readonly string[] = named ? [named] : NAMES[part];
    return names.map((name) => ids.get(name)).find((id) => id !== undefined) ?? null;
  };
  return { pad: find("pad"), unk: find("unk"), bos: find("bos"), eos: find("eos") };
}
