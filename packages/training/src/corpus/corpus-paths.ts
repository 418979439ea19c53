import type { FetchContext } from "../home/data-bank.js";
import type { Home } from "../home/home.js";
import { fetchCorpus } from "./fetch-corpus.js";

/** Paths of a text; its files in the cache are kept there until this is disposed of. */
export interface CorpusPaths extends Disposable {
  readonly paths: readonly string[];
}

/** The files of a run's corpus: those it names, or the one of its id, which is fetched where it is not here. */
export async function corpusPaths(
  { corpus, corpusFileId }: { readonly corpus: readonly string[]; readonly corpusFileId: string | null },
  context: FetchContext & { readonly home: Home },
): Promise<CorpusPaths> {
  if (corpusFileId === null) return { paths: corpus, [Symbol.dispose]() {} };
  const fetched = await fetchCorpus(corpusFileId, context);
  return { paths: [fetched.path], [Symbol.dispose]: () => fetched[Symbol.dispose]() };
}
