import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { entriesIn, exportedId, exportedName, isFile, resolveInside } from "@trainer/disk";
import { INDEX_FILE, WEIGHTS_FILE } from "@trainer/models/capabilities";
import { z } from "zod";
import { idsIn, measure } from "./folders.js";
import type { Home } from "./home.js";
import { tokenizerFileIn } from "./tokenizer-file.js";

/** A model's folder in a home's `exports`. */
export interface ExportedModel {
  /** By which it is asked for in a run's place. */
  readonly id: string;
  readonly name: string;
  /** As its config.json calls itself; null where it does not. */
  readonly modelType: string | null;
  readonly bytes: number;
  readonly modified: Date;
}

/** The exported models of a home that can be asked, by name. */
export async function listExported(home: Home): Promise<ExportedModel[]> {
  const found = await Promise.all((await idsIn(home.exports)).map((name) => describe(home, name)));
  return found.filter((model) => model !== null);
}

async function describe(home: Home, name: string): Promise<ExportedModel | null> {
  const id = exportedId(name);
  const dir = await exportedFolder(home, id);
  if (dir === null) return null;
  const { bytes, mtimeMs } = await measure(dir);
  return { id, name, modelType: await modelTypeIn(dir), bytes, modified: new Date(mtimeMs) };
}

/** Folder of the exported model of an id; null for any other id, for what holds no model, and where a link leads elsewhere. */
export async function exportedFolder(home: Home, id: string): Promise<string | null> {
  const name = exportedName(id);
  if (name === null) return null;
  const dir = await resolveInside(home.root, join("exports", name));
  if (dir === null || dir !== join(await realpath(home.root), "exports", name)) return null;
  const entries = await entriesIn(dir).catch(() => []); // a file of that name
  if (entries.some((entry) => entry.isSymbolicLink())) return null;
  const hasModel = (await isFile(join(dir, "config.json"))) && (await hasWeights(dir));
  return hasModel && (await tokenizerFileIn(dir)) !== null ? dir : null;
}

/** Files of weights, or their list. */
const WEIGHT_FILES = [WEIGHTS_FILE, INDEX_FILE];

const hasWeights = async (dir: string): Promise<boolean> =>
  (await Promise.all(WEIGHT_FILES.map((name) => isFile(join(dir, name))))).includes(true);

const Config = z.looseObject({ model_type: z.string() });

async function modelTypeIn(dir: string): Promise<string | null> {
  try {
    return Config.parse(JSON.parse(await readFile(join(dir, "config.json"), "utf8"))).model_type;
  } catch {
    return null; // it says what is wrong when it is asked
  }
}
