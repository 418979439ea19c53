import { lstat, readdir, readFile, realpath, type FileHandle } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { openFile, resolveInside, unlessAbsent } from "@trainer/disk";
import { AppError, type RunFile, type RunFileList, type TensorTable } from "@trainer/platform";
import { COMMIT, CommitManifest, parseCheckpointName, runFolder, type Home } from "@trainer/training/files";
import { checkRunId } from "./check-run-id.js";
import { inBatches } from "./in-batches.js";
import type { RunFiles } from "./run-files.js";
import { tensorsIn } from "./tensor-table.js";

export interface RunFolderFilesDeps {
  readonly home: Home;
  readonly runs: Pick<RunFiles, "needRun">;
  /** Number of files that are listed. */
  readonly most?: number;
}

/** A file that is open to be read. */
export interface OpenFile {
  readonly file: FileHandle;
  readonly name: string;
  readonly bytes: number;
  readonly modified: Date;
}

const MOST = 10_000;
const BATCH = 64;

/** The files in a run's folder, to be listed and downloaded: no links, and nothing that is half written or hidden. */
export class RunFolderFiles {
  readonly #home: Home;
  readonly #runs: Pick<RunFiles, "needRun">;
  readonly #most: number;

  constructor({ home, runs, most = MOST }: RunFolderFilesDeps) {
    this.#home = home;
    this.#runs = runs;
    this.#most = most;
  }

  /** None of a run that was cleaned away or has not begun. @throws AppError RUN_NOT_FOUND */
  async list(run: string): Promise<RunFileList> {
    const runId = checkRunId(run);
    await this.#runs.needRun(runId);
    const { path } = runFolder(this.#home.root, runId);
    const entries = (await unlessAbsent(readdir(path, { recursive: true, withFileTypes: true }))) ?? [];
    const names = entries
      .flatMap((entry) => (entry.isFile() ? [relative(path, join(entry.parentPath, entry.name))] : []))
      .map((name) => name.split(sep).join("/"))
      .filter(isShown)
      .toSorted();
    const listed = names.slice(0, this.#most);
    const hashes = await hashesOf(path, listed);
    const files = await inBatches(listed, BATCH, async (name): Promise<RunFile[]> => {
      const info = await unlessAbsent(lstat(join(path, name))); // it may have gone
      const there = [info].filter((each) => each !== null);
      return there.map(({ size: bytes, mtime }) => ({
        path: name,
        bytes,
        modified: mtime.toISOString(),
        step: stepOf(name),
        sha256: hashes.get(name) ?? null,
      }));
    });
    return { run_id: runId, files: files.flat(), truncated: names.length > listed.length };
  }

  /** @throws AppError RUN_NOT_FOUND, DATA_NOT_FOUND for what is no file of the run */
  async open(run: string, name: string): Promise<OpenFile> {
    const runId = checkRunId(run);
    await this.#runs.needRun(runId);
    const { path } = runFolder(this.#home.root, runId);
    const found = isShown(name) ? await opened(path, name) : null;
    if (found === null) throw new AppError("DATA_NOT_FOUND", `run ${runId} has no file ${JSON.stringify(name)}`);
    return found;
  }

  /** The tensors of a file, by its header. @throws AppError as {@link open}; INVALID_INPUT for a header that is not sound */
  async tensors(run: string, name: string): Promise<TensorTable> {
    const { file, bytes } = await this.open(run, name);
    await using open = file;
    return await tensorsIn(open, bytes, name);
  }
}

/** Null for what is no file, or is reached by a link. */
async function opened(folder: string, name: string): Promise<OpenFile | null> {
  const path = await resolveInside(folder, name);
  if (path === null || path !== join(await realpath(folder), name)) return null;
  const found = await openFile(path);
  if (found === null) return null;
  const { file, info } = found;
  return { file, name: name.slice(name.lastIndexOf("/") + 1), bytes: info.size, modified: info.mtime };
}

const isShown = (name: string): boolean =>
  name !== "" && !name.startsWith("lock.json") && name.split("/").every((part) => !/^$|^\.|\.tmp$/.test(part));

/** Step of the checkpoint that a file belongs to. */
function stepOf(name: string): number | null {
  const [top, folder = ""] = name.split("/");
  return top === "checkpoints" ? (parseCheckpointName(folder)?.step ?? null) : null;
}

/** Hashes of the files of checkpoints, by their paths. */
async function hashesOf(folder: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const commits = names.filter((name) => name.startsWith("checkpoints/") && name.endsWith(`/${COMMIT}`));
  const found = await inBatches(commits, BATCH, async (commit) => {
    const prefix = commit.slice(0, -COMMIT.length);
    const listed = committed(await unlessAbsent(readFile(join(folder, commit), "utf8")));
    return listed.map(({ name, sha256 }) => [prefix + name, sha256] as const);
  });
  return new Map(found.flat());
}

/** Nothing of a COMMIT that was damaged. */
function committed(text: string | null): readonly { readonly name: string; readonly sha256: string }[] {
  try {
    return CommitManifest.parse(JSON.parse(String(text))).files;
  } catch {
    return [];
  }
}
