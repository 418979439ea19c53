import { stat } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import { entriesIn, finishRemovals, isFile, makeFolder, removeAside } from "@trainer/disk";
import { cacheLock, forgetDeadUses, isCachedInUse } from "../corpus/corpus-cache.js";
import { TrainingError } from "../errors.js";
import { freeBytesOf } from "../home/free-bytes.js";
import type { Home } from "../home/home.js";
import { isHeld } from "../home/file-lock.js";
import { takeLock } from "../home/wait-for-lock.js";
import type { CorpusCacheCleanupConfig } from "./config.js";
import { namedByRuns } from "../home/references.js";
import type { CleanupContext, Decision, KeepReason } from "./report.js";

/** A corpus in the cache. */
export interface CachedCorpus {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  readonly readMs: number;
  readonly fetchedMs: number;
  readonly inUse: boolean;
  /** The beginning of one whose fetching has broken off, or is still going on. */
  readonly partial: boolean;
}

/** The corpora to remove, in this order: unneeded ones, until all of them take up little enough and enough is free. */
export function corporaToRemove(
  corpora: readonly CachedCorpus[],
  freeBytes: number,
  { maxBytes, minFreeBytes, evictionPolicy }: CorpusCacheCleanupConfig,
): CachedCorpus[] {
  let total = corpora.reduce((sum, { bytes }) => sum + bytes, 0);
  let free = freeBytes;
  const time = ({ readMs, fetchedMs }: CachedCorpus) => (evictionPolicy === "lru" ? readMs : fetchedMs);
  const order = corpora.filter(({ inUse }) => !inUse).toSorted((a, b) => time(a) - time(b) || a.id.localeCompare(b.id));
  const going: CachedCorpus[] = [];
  for (const corpus of order) {
    if (total <= maxBytes && free >= minFreeBytes) break;
    going.push(corpus);
    total -= corpus.bytes;
    free += corpus.bytes;
  }
  return going;
}

export interface CorpusCacheContext extends CleanupContext {
  /** Bytes that are free on a folder's disk. */
  readonly freeBytes?: (dir: string) => Promise<number>;
}

/**
 * Removes fetched corpora from the folder `dir` until they take up at most `maxBytes` and at least `minFreeBytes` of the
 * disk are free. Those that an unfinished run of the home or a process reads stay, and those that are being fetched.
 */
export async function cleanCorpusCache(
  home: Home,
  dir: string,
  config: CorpusCacheCleanupConfig,
  context: CorpusCacheContext = {},
): Promise<Decision[]> {
  const log = (event: "skipped" | "started" | "completed" | "failed", message: string, fields: object = {}) =>
    context.log?.({
      level: event === "failed" ? "ERROR" : "INFO",
      message,
      category: "cleanup",
      event: `corpus_cache_cleanup_${event}`,
      path: dir,
      ...fields,
    });
  try {
    const corpora = await cachedCorpora(home, dir, context);
    if (!config.enabled) {
      log("skipped", "corpora stay", { reason: "cleanup_disabled" });
      return corpora.map((corpus) => decision(corpus, "cleanup_disabled"));
    }
    await makeFolder(dir);
    const going = new Set(corporaToRemove(corpora, await (context.freeBytes ?? freeBytesOf)(dir), config));
    const staying = corpora.filter((corpus) => !going.has(corpus));
    const kept = staying.map((corpus) => decision(corpus, corpus.inUse ? "in_use" : "within_limits"));
    if (going.size === 0 || config.dryRun) {
      log("skipped", "corpora stay", { reason: config.dryRun ? "dry_run" : "nothing_to_remove" });
      return [...[...going].map((corpus) => decision(corpus, "dry_run")), ...kept];
    }
    log("started", `removing ${going.size} corpora`);
    await finishRemovals(dir);
    const tried: Decision[] = [];
    for (const corpus of going) {
      tried.push(decision(corpus, await take(corpus, () => usedIn(home, dir, context))));
    }
    const gone = tried.filter(({ reason }) => reason === null);
    const freed = gone.reduce((sum, { bytes }) => sum + bytes, 0);
    log("completed", `${gone.length} corpora removed`, { bytes_freed: freed, files_deleted: gone.length });
    return [...tried, ...kept];
  } catch (error) {
    const failure = TrainingError.from(error);
    log("failed", failure.message);
    throw failure;
  }
}

/** A process that fetches a corpus, or finds it there, holds its lock until it has marked it as in use. */
async function take({ id, path }: CachedCorpus, used: () => ReturnType<typeof usedIn>): Promise<KeepReason | null> {
  const dir = dirname(path);
  using lock = takeLock(cacheLock(dir, id));
  if (lock === null) return "in_use";
  if (!(await isFile(path))) return "directory_not_found"; // another cleanup was quicker
  const kept = async () => (await used())({ id, path });
  // Nobody marks it while the lock is held: who reads it since it was listed never misses it, not for a moment.
  if (await kept()) return "in_use";
  // A run may also name it by its path before it reads it: what has been named is put back.
  if (!(await removeAside(path, kept))) return "in_use";
  await forgetDeadUses(dir, id);
  return null;
}

const decision = ({ id, path, bytes }: CachedCorpus, reason: KeepReason | null): Decision => ({
  id,
  path,
  bytes,
  files: 1,
  reason,
});

/** The corpora that were fetched to the folder `dir`, whole or in part; none where there is no such folder. */
export async function cachedCorpora(home: Home, dir: string, context: CleanupContext = {}): Promise<CachedCorpus[]> {
  const inUse = await usedIn(home, dir, context);
  const entries = await entriesIn(dir);
  const names = entries.filter((entry) => entry.isFile() && !/^\.|\.tmp$/.test(entry.name)).map(({ name }) => name);
  const corpora = names.toSorted().map(async (name): Promise<CachedCorpus> => {
    const path = join(dir, name);
    const { size: bytes, atimeMs: readMs, mtimeMs: fetchedMs } = await stat(path);
    const partial = PART.test(name);
    const id = parse(name.replace(PART, "")).name;
    const fetching = isHeld(cacheLock(dir, id));
    return { id, path, bytes, readMs, fetchedMs, partial, inUse: fetching || inUse({ id, path }) };
  });
  const found = await Promise.allSettled(corpora); // what is taken away meanwhile is not there
  return found.filter((each) => each.status === "fulfilled").map(({ value }) => value);
}

/** Leftover of an interrupted download. */
const PART = /\.[0-9a-f]+\.part$/;

/** Tells of a corpus whether an unfinished run of the home or a process reads it, or a job in a queue will. */
async function usedIn(home: Home, dir: string, { needed }: CleanupContext) {
  const { corpora } = await namedByRuns(home);
  const queued = needed === undefined ? new Set<string>() : await needed();
  return ({ id, path }: Pick<CachedCorpus, "id" | "path">) =>
    corpora.has(id) || corpora.has(path) || queued.has(id) || isCachedInUse(dir, id);
}
