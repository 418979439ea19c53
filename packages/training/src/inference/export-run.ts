import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { copySynced, isFile, isFolder, makeFolder, syncFolder, temporaryBeside, writeText } from "@trainer/disk";
import { ADAPTER_CONFIG, ADAPTER_FILE, INDEX_FILE, shardFiles, WEIGHTS_FILE } from "@trainer/models";
import { writeSafetensors } from "@trainer/torch";
import { acquireRun, type EnsureContext } from "../artifact/ensure-run.js";
import { exportNotes, opensInTransformers } from "../artifact/export-notes.js";
import { modelCard } from "../artifact/model-card.js";
import type { FetchContext } from "../home/data-bank.js";
import { TrainingError } from "../errors.js";
import { bytesIn } from "../home/folders.js";
import type { Home } from "../home/home.js";
import { writeTokenizerFiles } from "../model/tokenizer-files.js";
import { openModel, type OpenModel } from "./open-model.js";

/** Taken as they are; generation_config.json need not be there. */
const CONFIGS = ["config.json", "generation_config.json"];

export interface Exported {
  readonly path: string;
  readonly files: readonly string[];
  readonly bytes: number;
  /** Limits of other programs with it, and their requirements. */
  readonly notes: readonly string[];
  /** Does transformers open it? */
  readonly inTransformers: boolean;
}

export interface ExportOptions extends FetchContext {
  readonly home: Home;
  /** Replaces files in a folder that holds something. */
  readonly force?: boolean;
  /** Exports the adapter alone, in PEFT's format, in place of the model that it gives with its base. */
  readonly adapter?: boolean;
}

/**
 * Writes a run, or any folder that `openModel` takes, as a folder that transformers loads: config.json,
 * generation_config.json, model.safetensors, the tokenizer's files and a model card. The folder appears whole. One that
 * already holds something is refused (CONFLICT) unless `force`, which replaces the files of these names in it.
 */
export async function exportRun(
  ref: string,
  out: string,
  { force = false, adapter = false, ...context }: ExportOptions,
): Promise<Exported> {
  const target = resolve(out);
  const exists = await isFolder(target);
  if (!exists && (await isFile(target))) throw conflict(`${target} is a file; name a folder to write to`);
  if (exists && !force && (await readdir(target)).length > 0) {
    throw conflict(
      `${target} is not empty; name a new folder, or replace the model's files in it by force (--force on the command line)`,
    );
  }
  using source = adapter ? await adapterOf(ref, context) : await modelOf(ref, context, basename(target));
  if (source.dir === target) throw conflict(`${target} is the model itself; name another folder to write to`);

  await makeFolder(dirname(target));
  await using temporary = await temporaryBeside(dirname(target));
  const made = join(temporary.path, "model");
  await mkdir(made);
  await source.write(made);

  const files = (await readdir(made)).toSorted();
  const bytes = await bytesIn(made);
  if (exists && force) {
    for (const name of files) await rename(join(made, name), join(target, name));
    // One of an earlier export would be read in the place of several.
    if (files.includes(INDEX_FILE)) await rm(join(target, WEIGHTS_FILE), { force: true });
  } else {
    if (exists) await rmdir(target);
    await syncFolder(made);
    await rename(made, target);
  }
  await syncFolder(exists && force ? target : dirname(target));
  return { path: target, files, bytes, notes: source.notes, inTransformers: source.inTransformers };
}

interface Source extends Disposable, Pick<Exported, "notes" | "inTransformers"> {
  readonly dir: string;
  write(to: string): Promise<void>;
}

async function modelOf(ref: string, context: EnsureContext, name: string): Promise<Source> {
  const opened = await openModel(ref, { ...context, device: "cpu" });
  return {
    dir: opened.dir,
    notes: exportNotes(opened),
    inTransformers: opensInTransformers(opened),
    async write(to) {
      await writeWeights(opened, to);
      for (const config of CONFIGS) {
        if (await isFile(join(opened.dir, config))) await copySynced(join(opened.dir, config), join(to, config));
      }
      await writeTokenizerFiles(to, opened.tokenizer, opened.contextLength);
      await writeText(join(to, "README.md"), modelCard(opened, opened.id ?? name));
    },
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

/** Copies the weights as they are stored, in as many files; those of a model.pt and of a GGUF file are written anew. */
async function writeWeights({ weights, model }: OpenModel, to: string): Promise<void> {
  const file = join(to, WEIGHTS_FILE);
  if (/\.(?:pt|gguf)$/.test(weights)) {
    await writeSafetensors(file, model.params.named(), { format: "pt" });
  } else if (weights.endsWith(".json")) {
    const dir = dirname(weights);
    for (const name of [...(await shardFiles(dir)), basename(weights)])
      await copySynced(join(dir, name), join(to, name));
  } else {
    await copySynced(weights, file);
  }
}

async function adapterOf(ref: string, context: EnsureContext): Promise<Source> {
  const run = await acquireRun(ref, context);
  const dir = join(run.dir, "adapter");
  const files = [ADAPTER_CONFIG, ADAPTER_FILE];
  for (const file of files) {
    if (await isFile(join(dir, file))) continue;
    run[Symbol.dispose]();
    const why = `${ref} has no adapter: only runs with a LoRA rank train one (${join(dir, file)} is not there)`;
    throw new TrainingError("MODEL_NOT_FOUND", why);
  }
  return {
    dir,
    notes: [],
    inTransformers: true, // on its base
    async write(to) {
      for (const file of files) await copySynced(join(dir, file), join(to, file));
    },
    [Symbol.dispose]: () => run[Symbol.dispose](),
  };
}

const conflict = (message: string) => new TrainingError("CONFLICT", message);
