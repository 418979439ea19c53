import { copyFile, mkdir, readdir, rename, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { TrainingError } from "../errors.js";
import { bytesIn, isFile, isFolder } from "../home/folders.js";
import type { Home } from "../home/home.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { writeWhole } from "../home/write-whole.js";
import { writeTokenizerFiles } from "../run/tokenizer-files.js";
import { modelCard } from "./model-card.js";
import { openModel } from "./open-model.js";

/** Taken as they are; generation_config.json need not be there. */
const CONFIGS = ["config.json", "generation_config.json"];

export interface Exported {
  readonly path: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

/**
 * Writes a run, or any folder that `openModel` takes, as a folder that transformers loads: config.json,
 * generation_config.json, model.safetensors, the tokenizer's files and a model card. The folder appears whole. One that
 * already holds something is refused (CONFLICT) unless `force`, which replaces the files of these names in it.
 */
export async function exportRun(
  ref: string,
  out: string,
  { home, force = false }: { readonly home: Home; readonly force?: boolean },
): Promise<Exported> {
  const target = resolve(out);
  const exists = await isFolder(target);
  if (!exists && (await isFile(target))) throw conflict(`${target} is a file; name a folder to write to`);
  if (exists && !force && (await readdir(target)).length > 0) {
    throw conflict(`${target} is not empty; name a new folder, or use force to replace the model's files in it`);
  }
  using opened = await openModel(ref, { home, device: "cpu" });
  if (opened.dir === target) throw conflict(`${target} is the model itself; name another folder to write to`);

  await mkdir(dirname(target), { recursive: true });
  await using temporary = await temporaryFolder(dirname(target));
  const made = join(temporary.path, "model");
  await mkdir(made);
  await copyFile(opened.weights, join(made, "model.safetensors"));
  for (const name of CONFIGS) {
    if (await isFile(join(opened.dir, name))) await copyFile(join(opened.dir, name), join(made, name));
  }
  await writeTokenizerFiles(made, opened.tokenizer, opened.contextLength);
  await writeWhole(join(made, "README.md"), modelCard(opened, opened.id ?? basename(target)));

  const files = (await readdir(made)).toSorted();
  const bytes = await bytesIn(made);
  if (exists && force) {
    for (const name of files) await rename(join(made, name), join(target, name));
  } else {
    if (exists) await rmdir(target);
    await rename(made, target);
  }
  return { path: target, files, bytes };
}

const conflict = (message: string) => new TrainingError("CONFLICT", "USER_INPUT", message);
