import { readFile } from "node:fs/promises";
import { unlessAbsent, writeJson } from "@trainer/disk";
import { AppError, RunNotes } from "@trainer/platform";
import { archivedFiles, isArchived, runFolder, type Home } from "@trainer/training/files";
import { checkRunId } from "./check-run-id.js";
import type { RunFiles } from "./run-files.js";

export interface NotesDeps {
  readonly home: Home;
  readonly files: RunFiles;
}

/** Tags and notes on runs: a file in each run's folder, or beside what is kept of a run that was cleaned away. */
export class Notes {
  readonly #home: Home;
  readonly #files: RunFiles;

  constructor({ home, files }: NotesDeps) {
    this.#home = home;
    this.#files = files;
  }

  /** Empty where there are none. */
  async of(runId: string): Promise<RunNotes> {
    for (const { notes } of [runFolder(this.#home.root, runId), archivedFiles(this.#home, runId)]) {
      const text = await unlessAbsent(readFile(notes, "utf8"));
      if (text !== null) return notesIn(text);
    }
    return NONE;
  }

  /** @throws AppError RUN_NOT_FOUND */
  async need(run: string): Promise<RunNotes> {
    const runId = checkRunId(run);
    await this.#files.needRun(runId);
    return await this.of(runId);
  }

  /** @throws AppError RUN_NOT_FOUND, CONFLICT for a run without a folder here */
  async replace(run: string, notes: RunNotes): Promise<RunNotes> {
    const runId = checkRunId(run);
    await this.#files.needRun(runId);
    const folder = runFolder(this.#home.root, runId);
    const isKept = await isArchived(this.#home, runId);
    const path = isKept ? archivedFiles(this.#home, runId).notes : folder.notes;
    const written = await unlessAbsent(writeJson(path, notes).then(() => notes));
    if (written === null) throw noFolder(runId);
    return written;
  }
}

const noFolder = (runId: string) =>
  new AppError("CONFLICT", `run ${runId} has no folder on this machine: write the note once it has begun`);

const NONE: RunNotes = { tags: [], note: "" };

/** None in a file that was damaged. */
function notesIn(text: string): RunNotes {
  try {
    return RunNotes.parse(JSON.parse(text));
  } catch {
    return NONE;
  }
}
