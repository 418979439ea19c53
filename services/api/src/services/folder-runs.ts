import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { entriesIn, isFolder, isId, namesIn, unlessAbsent } from "@trainer/disk";
import { archivedFiles, hasBegun, readStanding, runFolder, type Home } from "@trainer/training/files";
import { inBatches } from "./in-batches.js";
import { damaged, fromManifest, type Listed } from "./listed-run.js";
import type { Notes } from "./notes.js";
import { shared } from "./shared.js";

/** A run's files as they were read. */
interface Kept {
  readonly mtimeMs: number;
  /** Null: no training has begun. */
  readonly run: Listed | null;
  /** False for what may change without the time of its last change telling so. */
  readonly settled: boolean;
}

/** Clocks of file systems are coarse: what was changed just before it was read may have been changed since. */
export const SETTLED_MS = 2000;
/** Number of files that are open at a time. */
const BATCH = 64;
/** Number of settled runs that a list looks at again. */
const CHECKED = 500;

/**
 * The runs of a home by their files, those that no service knows of included. A manifest is read again once its folder
 * has changed: files appear in it by renaming, which sets the folder's time. In a home of thousands of runs a change of
 * one that has ended, by somebody else, is seen after a few lists, or once the run is on a page.
 */
export class FolderRuns {
  readonly #kept = new Map<string, Kept>();
  /** Place among the settled runs up to which they were looked at again. */
  #checked = 0;
  /** All of them, by their ids. */
  readonly all = shared(() => this.#all());

  constructor(
    private readonly home: Home,
    private readonly notes: Notes,
  ) {}

  /** Those of these runs that have files here, as they are now. */
  async of(runIds: readonly string[]): Promise<ReadonlyMap<string, Listed>> {
    const found = await inBatches(runIds.filter(isId), BATCH, async (id) => [id, await this.#look(id)] as const);
    return new Map(found.flatMap(([id, run]) => (run === null ? [] : [[id, run] as const])));
  }

  async #all(): Promise<ReadonlyMap<string, Listed>> {
    const ids = await this.#ids();
    for (const id of this.#kept.keys()) if (!ids.has(id)) this.#kept.delete(id);
    await this.of(this.#due(ids));
    const all = new Map<string, Listed>();
    for (const [id, { run }] of this.#kept) if (run !== null) all.set(id, run);
    return all;
  }

  /** Those that may have changed, and in turn some of those that have settled. */
  #due(ids: ReadonlySet<string>): string[] {
    const from = this.#checked;
    let settled = 0;
    const due: string[] = [];
    for (const id of ids) {
      const isSettled = this.#kept.get(id)?.settled === true;
      if (!isSettled || (settled >= from && settled < from + CHECKED)) due.push(id);
      if (isSettled) settled++;
    }
    this.#checked = from + CHECKED < settled ? from + CHECKED : 0;
    return due;
  }

  async #ids(): Promise<ReadonlySet<string>> {
    const folders = (await entriesIn(this.home.models)).filter((entry) => entry.isDirectory());
    const archived = (await namesIn(this.home.archived)).filter((name) => name.endsWith(".json"));
    return new Set([...folders.map(({ name }) => name), ...archived.map((name) => name.slice(0, -".json".length))]);
  }

  async #look(id: string): Promise<Listed | null> {
    const at = Date.now();
    const folder = runFolder(this.home.root, id);
    const info = await unlessAbsent(stat(folder.path));
    const isHere = info?.isDirectory() === true;
    const { manifest } = isHere ? folder : archivedFiles(this.home, id);
    const changed = isHere ? info : await this.#lastOfArchived(id);
    if (changed === null) {
      this.#kept.delete(id);
      return null;
    }
    const kept = this.#kept.get(id);
    if (kept?.settled === true && kept.mtimeMs === changed.mtimeMs) return kept.run;
    const run = await this.#read(id, manifest, changed.mtime);
    // Its folder may have been cleaned away since it was seen: what is kept of it was there by then.
    if (run === null && isHere && !(await isFolder(folder.path))) return await this.#look(id);
    const settled = at - changed.mtimeMs > SETTLED_MS && run?.status !== "running";
    this.#kept.set(id, { mtimeMs: changed.mtimeMs, run, settled });
    return run;
  }

  /** Beside an archived manifest only its notes change; both lie among those of all runs. */
  async #lastOfArchived(id: string): Promise<Stats | null> {
    const { manifest, notes } = archivedFiles(this.home, id);
    const kept = await unlessAbsent(stat(manifest));
    return kept && ((await unlessAbsent(stat(notes))) ?? kept);
  }

  async #read(id: string, path: string, changed: Date): Promise<Listed | null> {
    const folder = runFolder(this.home.root, id);
    try {
      const standing = await readStanding({ manifest: path, lock: folder.lock });
      return standing && fromManifest(id, standing, (await this.notes.of(id)).tags);
    } catch {
      const isQueued = path === folder.manifest && !(await hasBegun(folder)); // its manifest may have no status yet
      return isQueued ? null : damaged(id, changed);
    }
  }
}
