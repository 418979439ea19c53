import { join, resolve } from "node:path";

/** Where everything the trainer keeps lies: one folder, `./runs` unless told otherwise. */
export interface Home {
  readonly root: string;
  /** One folder a run, named by its id. */
  readonly models: string;
  /** One folder a tokenizer, named by its id. */
  readonly tokenizers: string;
  /** The manifests of runs whose folders were removed when their archives were safe, each `<run id>.json`. */
  readonly archived: string;
  /** What can be made again: token bins and the like. */
  readonly cache: string;
}

/** The folders of a home; nothing is created. */
export function openHome(root: string): Home {
  const path = resolve(root);
  return {
    root: path,
    models: join(path, "models"),
    tokenizers: join(path, "tokenizers"),
    archived: join(path, "archived"),
    cache: join(path, "cache"),
  };
}
