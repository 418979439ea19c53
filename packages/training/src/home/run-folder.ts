import { randomBytes } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isFile, isFolder, unlessAbsent } from "@trainer/disk";
import { z } from "zod";
import { openHome } from "./home.js";

/** Paths of a run's files. */
export interface RunFolder {
  readonly id: string;
  readonly path: string;
  readonly manifest: string;
  readonly weights: string;
  /** Adapter in PEFT's format, of a run that trains one. */
  readonly adapter: string;
  /** Base weights of such a run, until it is completed. */
  readonly base: string;
  readonly logs: string;
  readonly metrics: string;
  /** Texts that the model wrote as it was trained, where they were asked for. */
  readonly samples: string;
  /** What its evaluations measured, and what the model wrote in the last of them. */
  readonly evaluations: string;
  readonly evaluationSamples: string;
  /** Tags and notes that people have written on the run. */
  readonly notes: string;
  readonly checkpoints: string;
  readonly lock: string;
}

/** `<family>-<size>-<suffix>`, short enough to be typed; the suffix keeps runs of a home apart. */
export const newRunId = (family: string, size: string): string => `${family}-${size}-${randomBytes(4).toString("hex")}`;

/** `<home>/models/<run id>/`; nothing is created. */
export function runFolder(home: string, id: string): RunFolder {
  const path = join(openHome(home).models, id);
  return {
    id,
    path,
    manifest: join(path, "manifest.json"),
    weights: join(path, "model.safetensors"),
    adapter: join(path, "adapter"),
    base: join(path, "base"),
    logs: join(path, "logs.jsonl"),
    metrics: join(path, "metrics.jsonl"),
    samples: join(path, "samples.jsonl"),
    evaluations: join(path, "eval", "history.jsonl"),
    evaluationSamples: join(path, "eval", "samples.jsonl"),
    notes: join(path, "notes.json"),
    checkpoints: join(path, "checkpoints"),
    lock: join(path, "lock.json"),
  };
}

/**
 * True if a training has begun in the folder. A queued one may have a folder too, with a manifest that holds its
 * request, but no status yet.
 */
export async function hasBegun(folder: RunFolder): Promise<boolean> {
  const manifest = objectIn(await unlessAbsent(readFile(folder.manifest, "utf8")));
  return manifest ? "status" in manifest : (await isFolder(folder.checkpoints)) || (await isFile(folder.weights));
}

/** Null for what is no JSON object. */
function objectIn(text: string | null): object | null {
  try {
    return z.looseObject({}).parse(JSON.parse(text ?? ""));
  } catch {
    return null;
  }
}

/** Removes what a training that saved nothing has left, but for its log and the notes on it, and what others keep in the folder. */
export async function clearUnsaved(folder: RunFolder): Promise<void> {
  const names = await readdir(folder.path);
  const left = names.filter((name) => !name.startsWith(".")).map((name) => join(folder.path, name));
  const own = left.filter((path) => ![folder.lock, folder.logs, folder.notes].includes(path));
  await Promise.all(own.map((path) => rm(path, { recursive: true, force: true })));
}
