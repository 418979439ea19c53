import { join, resolve } from "node:path";
import { TextRoot } from "./text-root.js";

/** The folder of everything the trainer keeps, `./runs` by default. */
export interface Home {
  readonly root: string;
  /** One folder a run, named by its id. */
  readonly models: string;
  /** One folder a tokenizer, named by its id. */
  readonly tokenizers: string;
  /** Manifests, `<run id>.json`, and logs of runs whose folders were removed when their archives were safe. */
  readonly archived: string;
  /** Models in Hugging Face's layout that somebody has put there, a folder each: a service lets them be asked. */
  readonly exports: string;
  /** Data that can be made again: token bins and the like. */
  readonly cache: string;
  /** Corpora that were fetched from a file service, `<file id>.txt`. */
  readonly corpusCache: string;
  /**
   * For a service: the folder of texts that requests name. Runs and tokenizers are then named by their ids alone. Null
   * on a person's own machine, where any path may be named.
   */
  readonly texts: TextRoot | null;
}

/** Folder of token bins, with a folder for each set, and one for each set of a teacher's answers to such. */
export const binsFolder = ({ cache }: Pick<Home, "cache">): string => join(cache, "bins");

/** The folders of a home; nothing is created. A service has a folder of data, `dataRoot`, for its corpora. */
export function openHome(root: string, dataRoot?: string): Home {
  const path = resolve(root);
  return {
    root: path,
    models: join(path, "models"),
    tokenizers: join(path, "tokenizers"),
    archived: join(path, "archived"),
    exports: join(path, "exports"),
    cache: join(path, "cache"),
    corpusCache: join(resolve(dataRoot ?? root), "corpus_cache"),
    texts: dataRoot === undefined ? null : new TextRoot(resolve(dataRoot)),
  };
}
