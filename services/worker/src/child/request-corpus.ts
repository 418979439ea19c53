import { textsNamed, type CorpusFields } from "@trainer/platform";
import type { TextRoot } from "@trainer/training/files";

/** Paths of the texts that a request names; null for one of a file service's text. @throws TrainingError CORPUS_NOT_FOUND */
export async function requestCorpus(
  { corpus_path: path, corpus_paths: paths }: Pick<CorpusFields, "corpus_path" | "corpus_paths">,
  texts: TextRoot,
): Promise<string[] | null> {
  const named = textsNamed({ corpus_path: path, corpus_paths: paths });
  if (named.length === 0) return null;
  const found: string[] = [];
  for (const name of named) found.push(await texts.need(name, "corpus"));
  return found;
}
