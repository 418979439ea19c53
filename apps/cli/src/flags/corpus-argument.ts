import { existsSync } from "node:fs";
import type { Sha256 } from "@trainer/disk";
import { fileIdOf, READ_FILES } from "@trainer/training/options";
import { UsageError } from "../process/errors.js";

/** Description of a corpus argument, for every command. */
export const CORPUS_ARGUMENT = `files or folders: ${READ_FILES}; of records a field (--text-field); or the id of a file in a file service`;

export interface CorpusArgument {
  readonly corpus: readonly string[];
  readonly corpusFileId: Sha256 | null;
}

/** Parses words as paths, or as the id of one file. An existing path takes precedence. */
export function corpusArgument(words: readonly string[]): CorpusArgument {
  const [corpusFileId = null] = words.flatMap((word) => (existsSync(word) ? [] : (fileIdOf(word) ?? [])));
  if (corpusFileId === null) return { corpus: words, corpusFileId };
  if (words.length === 1) return { corpus: [], corpusFileId };
  throw new UsageError(`${corpusFileId} is the id of a file, which is a corpus by itself: give it alone, or paths`);
}
