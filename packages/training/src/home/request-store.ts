import { readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isFile, isId, makeFolder, namesIn, writeText } from "@trainer/disk";
import { openHome } from "./home.js";
import { hasBegun, runFolder, type RunFolder } from "./run-folder.js";

/** Hidden, so that no archive takes it along. */
const NAME = ".request.json";

/** How a request is written; `decode` throws for what it cannot read. */
export interface RequestCodec<R> {
  readonly encode: (request: R) => string;
  readonly decode: (text: string) => R;
}

/**
 * Keeps in each run's folder what a service was asked for. By it a run that the queue has forgotten is taken up again, and
 * told from one that somebody trains in the same home without a service.
 */
export class RequestStore<R> {
  constructor(
    private readonly home: string,
    private readonly codec: RequestCodec<R>,
  ) {}

  async keep(runId: string, request: R): Promise<void> {
    const folder = runFolder(this.home, runId);
    await makeFolder(folder.path);
    await writeText(pathOf(folder), this.codec.encode(request));
  }

  /** Null for a run that no service was asked for, or whose request cannot be read. */
  async read(runId: string): Promise<R | null> {
    try {
      return this.codec.decode(await readFile(pathOf(runFolder(this.home, runId)), "utf8"));
    } catch {
      return null;
    }
  }

  /**
   * Of a run that has ended the request is not needed any more: what became of it is in its manifest. Of one that came to
   * nothing before it began, no trace is left.
   */
  async settle(runId: string): Promise<void> {
    const folder = runFolder(this.home, runId);
    await rm(pathOf(folder), { force: true });
    if (await hasBegun(folder)) return;
    await rmdir(folder.path).catch(() => undefined); // it holds something else
  }

  /** The ids of all runs that have a folder. */
  async runIds(): Promise<string[]> {
    const names = await namesIn(openHome(this.home).models);
    return names.filter(isId);
  }
}

/** Whether a run was asked for, and nothing else is there of it yet. */
export const isAskedFor = async (folder: RunFolder): Promise<boolean> =>
  (await isFile(pathOf(folder))) && !(await isFile(folder.manifest)) && !(await hasBegun(folder));

const pathOf = (folder: RunFolder): string => join(folder.path, NAME);
