import { readdirSync } from "node:fs";
import { join } from "node:path";
import { finishRemovals, removeAside } from "@trainer/disk";
import { IN_USE, isCachedInUse } from "../corpus/corpus-cache.js";
import { idsIn, measure } from "../home/folders.js";
import { binsFolder, type Home } from "../home/home.js";
import { removeStale } from "../home/file-lock.js";
import type { BinsCleanupConfig } from "./config.js";
import { reported } from "./report-decision.js";
import type { CleanupContext, Decision } from "./report.js";

const DAY_MS = 86_400_000;

/** A set of bins in the cache. */
export interface CachedBins {
  readonly id: string;
  readonly bytes: number;
  readonly usedMs: number;
  readonly inUse: boolean;
}

/** The sets of bins to remove: those unused for long, and of the rest the longest unused until the others fit. */
export function binsToRemove<B extends CachedBins>(
  sets: readonly B[],
  { maxBytes, maxUnusedDays }: Pick<BinsCleanupConfig, "maxBytes" | "maxUnusedDays">,
  now: number,
): B[] {
  let total = sets.reduce((sum, { bytes }) => sum + bytes, 0);
  const order = sets.filter(({ inUse }) => !inUse).toSorted((a, b) => a.usedMs - b.usedMs || a.id.localeCompare(b.id));
  const going: B[] = [];
  for (const set of order) {
    if (total <= maxBytes && now - set.usedMs <= maxUnusedDays * DAY_MS) break;
    going.push(set);
    total -= set.bytes;
  }
  return going;
}

/** Removes token bins of a home that can be made again. Those that a process reads stay. */
export async function cleanBins(
  home: Home,
  config: BinsCleanupConfig,
  context: CleanupContext = {},
): Promise<Decision[]> {
  const dir = binsFolder(home);
  if (config.enabled && !config.dryRun) await finishRemovals(dir);
  const sets = await Promise.all((await idsIn(dir)).map((id) => cachedBins(dir, id)));
  const going = new Set(binsToRemove(sets, config, Date.now()));
  const decisions: Decision[] = [];
  for (const set of sets) {
    const { id, path, bytes, files } = set;
    const decide = async () => {
      if (!config.enabled) return "cleanup_disabled";
      if (!going.has(set)) return set.inUse ? "in_use" : "within_limits";
      if (config.dryRun) return "dry_run";
      // A reader marks a set first and looks then: it finds the set, or makes it again.
      const removed = await removeAside(path, () => Promise.resolve(isCachedInUse(dir, id)));
      return removed ? null : "in_use";
    };
    decisions.push(await reported({ kind: "bins", id, path, bytes, files }, context, decide));
  }
  return decisions;
}

async function cachedBins(dir: string, id: string) {
  const path = join(dir, id);
  for (const name of readdirSync(dir).filter((each) => each.startsWith(IN_USE))) removeStale(join(dir, name));
  const { bytes, files, mtimeMs: usedMs } = await measure(path); // of the folder too, which each use touches
  return { id, path, bytes, files, usedMs, inUse: isCachedInUse(dir, id) };
}
