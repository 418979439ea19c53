import type { TextRoot } from "@trainer/training/files";

interface Named {
  readonly corpus_path?: string | null | undefined;
  readonly corpus_paths?: readonly string[] | null | undefined;
}

/** Paths of the texts that a request names; null for one of a file service's text. @throws TrainingError CORPUS_NOT_FOUND */
export async function requestCorpus(
  { corpus_path: path, corpus_paths: paths }: Named,
  texts: TextRoot,
): Promise<string[] | null> {
  const named = paths ?? (path === null || path === undefined ? null : [path]);
  if (named === null) return null;
  const found: string[] = [];
  for (const name of named) found.push(await texts.need(name, "corpus"));
  return found;
}
