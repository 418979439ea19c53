import { basename, dirname, join, resolve } from "node:path";
import { isFile, isFolder, isId } from "@trainer/disk";
import { TrainingError } from "../errors.js";
import { idsIn } from "./folders.js";
import type { Home } from "./home.js";
import { suggest } from "./nearest.js";

/** A tokenizer's folder or file, for `loadTokenizer`. `id` is null for one outside the home. */
export interface ResolvedTokenizer {
  readonly id: string | null;
  readonly path: string;
}

/**
 * Resolves `ref`: a tokenizer of the home by its id, or the path of its folder or file, wherever it was made. For a
 * service (see `Home.texts`) it is an id and nothing else.
 */
export async function resolveTokenizer(ref: string, home: Home): Promise<ResolvedTokenizer> {
  const folder = join(home.tokenizers, ref);
  if (isId(ref) && (await isFolder(folder))) return { id: ref, path: folder };
  if (home.texts !== null) throw notFound(`there is no tokenizer ${JSON.stringify(ref)}`);
  const path = resolve(ref);
  if ((await isFile(path)) || (await isFolder(path))) {
    return { id: dirname(path) === home.tokenizers ? basename(path) : null, path };
  }
  const names = await idsIn(home.tokenizers);
  const hint = suggest(ref, names, "it has no tokenizers yet; `trainer tokenizer train FILE` makes one");
  throw notFound(`no tokenizer "${ref}" in ${home.tokenizers}, and no file or folder of that name: ${hint}`);
}

/** Resolves a tokenizer to be extended, as above, or by the id of a run of the home: that of its model. */
export async function resolveBase(ref: string, home: Home): Promise<ResolvedTokenizer> {
  const run = join(home.models, ref);
  const ofRun = isId(ref) && (await isFolder(run)) && !(await isFolder(join(home.tokenizers, ref)));
  return ofRun ? { id: ref, path: run } : resolveTokenizer(ref, home);
}

const notFound = (message: string) => new TrainingError("TOKENIZER_NOT_FOUND", message);
