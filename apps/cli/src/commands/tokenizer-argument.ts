import type { Tokenizer } from "@trainer/tokenizers";

/** How every command that takes a tokenizer describes it. */
export const TOKENIZER_ARGUMENT = {
  "<tokenizer>": "id of a tokenizer, or path of a tokenizer.json or its folder",
} as const;

/** The tokenizer that the argument names. */
export async function openTokenizer(ref: string, home: string): Promise<Tokenizer> {
  const [{ loadTokenizer }, { openHome, resolveTokenizer }] = await Promise.all([
    import("@trainer/tokenizers"),
    import("@trainer/training"),
  ]);
  const { path } = await resolveTokenizer(ref, openHome(home));
  return loadTokenizer(path);
}
