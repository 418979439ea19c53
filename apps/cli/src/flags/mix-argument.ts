import { existsSync } from "node:fs";
import { at } from "@trainer/disk";
import { sourceWeight } from "@trainer/options";
import { fileIdOf } from "@trainer/training/options";
import { UsageError } from "../process/errors.js";
import { CORPUS_ARGUMENT, corpusArgument, type CorpusArgument } from "./corpus-argument.js";

/** Description of a corpus argument, for commands that train. */
export const MIX_ARGUMENT = `${CORPUS_ARGUMENT}; several mixed by weight: PATH:0.3 each, or PATH:0.1-0.9 for one that changes from the first step to the last`;

/** A text, or several with their weights. */
export interface MixArgument extends CorpusArgument {
  readonly corpusWeights: string[] | null;
}

/** A path with what looks like a weight, a wrong one too. */
const WEIGHTED = /^(.+):([-+]?(?:nan|inf(?:inity)?|[\d.][\d.e+-]*))$/i;

/** Parses words as a text, or as texts with weights. An existing path takes precedence. @throws UsageError */
export function mixArgument(words: readonly string[]): MixArgument {
  const found = words.map((word) => (existsSync(word) ? null : WEIGHTED.exec(word)));
  const weighted = found.filter((match) => match !== null);
  if (weighted.length === 0) return { ...corpusArgument(words), corpusWeights: null };
  const without = words.filter((_, i) => found[i] === null);
  if (without.length > 0)
    throw new UsageError(`${without.join(", ")} without a weight beside texts with one: give each text one, or none`);
  const wrong = weighted.find((match) => sourceWeight(at(match, 2)) === null);
  if (wrong !== undefined)
    throw new UsageError(`${wrong[0]}: the weight must be a number above 0, or two with a dash between: 0.3, 0.1-0.9`);
  const corpus = weighted.map((match) => at(match, 1));
  const id = corpus.find((path) => !existsSync(path) && fileIdOf(path) !== null);
  if (id !== undefined)
    throw new UsageError(`${id} is the id of a file in a file service, which cannot be mixed: give paths`);
  return { corpus, corpusFileId: null, corpusWeights: weighted.map((match) => at(match, 2)) };
}
