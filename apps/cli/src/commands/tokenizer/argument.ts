import type { Tokenizer, TokenizerStatistics } from "@trainer/tokenizers";
import { word } from "../../framework/arguments.js";
import type { LeftOut, ReadOptions } from "@trainer/training";

/** Description of a tokenizer argument, for every command. */
export const TOKENIZER_ARGUMENT = {
  tokenizer: word("id of a tokenizer, or path of its file or folder"),
} as const;

/** The tokenizer that the argument names. */
export async function openTokenizer(ref: string, home: string): Promise<Tokenizer> {
  const [{ loadTokenizer }, { openHome, resolveTokenizer }] = await Promise.all([
    import("@trainer/tokenizers"),
    import("@trainer/training/files"),
  ]);
  const { path } = await resolveTokenizer(ref, openHome(home));
  return loadTokenizer(path);
}

export interface Measured {
  readonly statistics: TokenizerStatistics;
  readonly leftOut: LeftOut;
}

/** Statistics of a tokenizer on a file or folder of text, line by line. */
export async function measure(tokenizer: Tokenizer, path: string, signal: AbortSignal): Promise<Measured> {
  const [{ tokenizerStatistics }, { leftOutOf, noLosses, openCorpus }] = await Promise.all([
    import("@trainer/tokenizers"),
    import("@trainer/training/files"),
  ]);
  const corpus = await openCorpus(path, { document: "line", signal });
  let losses = noLosses;
  const onRead: ReadOptions["onRead"] = (progress) => {
    losses = progress.losses;
  };
  const statistics = await tokenizerStatistics(tokenizer, corpus.documents({ signal, onRead }), { signal });
  return { statistics, leftOut: leftOutOf(corpus, losses) };
}
