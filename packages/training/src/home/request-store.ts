import { readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isFile, isId, makeFolder, namesIn, writeText } from "@trainer/disk";
import { openHome } from "./home.js";
import { hasBegun, runFolder, type RunFolder } from "./run-folder.js";

/** Hidden, so that no archive takes it along. */
const NAME = ".request.json";

/** Codec of a request; `decode` throws if it is malformed. */
export interface RequestCodec<R> {
  readonly encode: (request: R) => string;
  readonly decode: (text: string) => R;
}

/**
 * Keeps a service's request in each run's folder. By it a run that the queue has lost is queued again, and
 * distinguished from one that somebody trains in the same home without a service.
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

  /** Null for a run without a service's request, or with an unreadable one. */
  async read(runId: string): Promise<R | null> {
    try {
      return this.codec.decode(await readFile(pathOf(runFolder(this.home, runId)), "utf8"));
    } catch {
      return null;
    }
  }

  /**
   * Removes the request of an ended run: its outcome is in its manifest. Of one that failed before it began, no trace
   * is left.
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

/** True if a run was requested, and nothing else of it exists yet. */
export const isAskedFor = async (folder: RunFolder): Promise<boolean> =>
  (await isFile(pathOf(folder))) && !(await isFile(folder.manifest)) && !(await hasBegun(folder));

const pathOf = (folder: RunFolder): string => join(folder.path, NAME);
