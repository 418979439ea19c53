import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isFolder, isId } from "@trainer/disk";
import type { Home } from "../home/home.js";
import { resolveRun, type ResolvedRun } from "../home/resolve-run.js";
import { markInUse } from "../home/run-use.js";
import { archivedFileId, fetchRun } from "./archived.js";
import type { FetchContext } from "../home/data-bank.js";

export type EnsureContext = FetchContext & { readonly home: Home };

/**
 * Resolves a run as `resolveRun` does; one that a cleanup has removed, or whose archive is in `archives`, is fetched
 * first. Errors: those of `fetchRun` too.
 */
export async function ensureRun(ref: string, context: EnsureContext): Promise<ResolvedRun> {
  const { home, dataBank } = context;
  if (dataBank === undefined) return await resolveRun(ref, home);
  const dir = join(home.models, ref);
  for (;;) {
    if (isId(ref) && (await isFolder(dir))) return { id: ref, dir };
    // Looked for after the folder: what is taken away just now has its archive by then.
    const fileId = (await archivedFileId(home, ref)) ?? context.archives?.get(ref) ?? null;
    if (fileId === null) return await resolveRun(ref, home);
    await fetchRun(home, ref, fileId, { ...context, dataBank });
  }
}

/** The same, and until it is disposed of no cleanup takes the run away. */
export async function acquireRun(ref: string, context: EnsureContext): Promise<ResolvedRun & Disposable> {
  for (;;) {
    const run = await ensureRun(ref, context);
    if (run.id === null) return { ...run, [Symbol.dispose]() {} };
    try {
      const use = markInUse(run.dir, run.id);
      return { ...run, [Symbol.dispose]: () => use[Symbol.dispose]() };
    } catch (error) {
      if (context.dataBank === undefined) throw error;
      await sleep(20, undefined, { signal: context.signal }); // a cleanup is taking it away: it comes back
    }
  }
}
