import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { TrainingError } from "../errors.js";

/** A file or folder of a run, by its path in the run's folder, with "/" between its parts. */
export interface RunEntry {
  readonly name: string;
  readonly path: string;
  readonly type: "file" | "directory";
  /** Bytes; 0 for a folder. */
  readonly size: number;
}

/**
 * Files for resuming alone, or for this machine alone: the state at single steps, an adapter's base weights, the lock of
 * the training process, and notes, which change after the archive was made.
 */
const NOT_KEPT: ReadonlySet<string> = new Set(["checkpoints", "base", "lock.json", "notes.json"]);

/** Half-written files: those of `writeWhole` and its like, and temporary folders. */
const TEMPORARY = /^\.|\.tmp$|^lock\.json\./;

/**
 * The files of a run that its archive contains, sorted by the bytes of the names: all but those in `NOT_KEPT` and
 * `TEMPORARY`. That is the model with its configuration and tokenizer, manifest, logs, metrics, evaluations, an
 * adapter, and any others that somebody has put there. Anything but files and folders is refused
 * (ARTIFACT_UPLOAD_FAILED): a link would dangle, or take its target along.
 */
export async function runContents(dir: string): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  const top = (await readdir(dir)).filter((name) => !NOT_KEPT.has(name));
  await add(dir, "", top, entries);
  return entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

async function add(dir: string, prefix: string, names: readonly string[], to: RunEntry[]): Promise<void> {
  for (const each of names.filter((name) => !TEMPORARY.test(name))) {
    const path = join(dir, each);
    const name = prefix + each;
    const info = await lstat(path);
    if (info.isDirectory()) {
      to.push({ name, path, type: "directory", size: 0 });
      await add(path, `${name}/`, await readdir(path), to);
    } else if (info.isFile()) {
      to.push({ name, path, type: "file", size: info.size });
    } else {
      const message = `${path} is neither a file nor a folder: the archive of a run holds nothing else; move it away`;
      throw new TrainingError("ARTIFACT_UPLOAD_FAILED", message, { failureClass: "USER_INPUT" });
    }
  }
}
