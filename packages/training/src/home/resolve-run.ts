import { basename, dirname, join, resolve } from "node:path";
import { exportedName, isFile, isFolder, isId } from "@trainer/disk";
import { ADAPTER_CONFIG } from "@trainer/models/capabilities";
import { TrainingError } from "../errors.js";
import { exportedFolder } from "./exported-models.js";
import { idsIn } from "./folders.js";
import type { Home } from "./home.js";
import { suggest } from "./nearest.js";
import { archivedFiles, isArchived } from "./run-log-files.js";

/** Files of a run. `id` is null for a folder outside the home. */
export interface ResolvedRun {
  readonly id: string | null;
  readonly dir: string;
}

/**
 * Resolves `ref`: a run of the home by its id, an exported model of the home by its own (`export~NAME`), or the path of a
 * folder in Hugging Face's layout, wherever it was made. An id takes precedence; `./name` is always a path. For a service
 * (see `Home.texts`) it is an id and nothing else, and messages name no folder and no other run.
 */
export async function resolveRun(ref: string, home: Home): Promise<ResolvedRun> {
  if (isId(ref) && (await isFolder(join(home.models, ref)))) return { id: ref, dir: join(home.models, ref) };
  const exported = exportedName(ref);
  if (exported !== null) {
    const dir = await exportedFolder(home, ref);
    if (dir !== null) return { id: null, dir };
    if (home.texts !== null) throw notFound(`there is no exported model "${exported}"`);
  }
  if (home.texts !== null) {
    const cleaned = (await isArchived(home, ref))
      ? "; it was cleaned away, and there is no file service to fetch it from"
      : "";
    throw notFound(`there is no run ${JSON.stringify(ref)}${cleaned}`);
  }
  const dir = resolve(ref);
  const id = dirname(dir) === home.models ? basename(dir) : null;
  if (id !== null && (await isFolder(dir))) return { id, dir };
  if (await isFile(join(dir, "config.json"))) return { id: null, dir };
  if (await isFile(join(dir, ADAPTER_CONFIG))) {
    const message = `the folder ${dir} holds an adapter alone, which is no model without its base`;
    throw notFound(`${message}: a run with --lora-rank, and its export without --adapter, holds both as one`);
  }
  if (await isFolder(dir)) {
    throw notFound(`the folder ${dir} holds no model: there is no config.json in it`);
  }
  if (await isArchived(home, ref)) {
    const message = `run ${ref} was cleaned away (its manifest is ${archivedFiles(home, ref).manifest})`;
    throw notFound(`${message}; where a file service has its archive it is brought back: set APP__DATA_BANK_API_URL`);
  }
  if (ref.endsWith(".gguf") && (await isFile(dir))) {
    const message = `${dir} is a GGUF file, which can be asked and exported, and nothing else`;
    throw notFound(`${message}: make a folder of it, \`trainer export ${ref} --out FOLDER\``);
  }
  const names = await idsIn(home.models);
  const hint = suggest(ref, names, "it has no runs yet; `trainer train CORPUS` makes one");
  throw notFound(`no run "${ref}" in ${home.models}, and no folder of that name: ${hint}`);
}

const notFound = (message: string) => new TrainingError("RUN_NOT_FOUND", message);
