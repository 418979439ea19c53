import { join } from "node:path";
import { finishRemovals, removeAside, removeTemporaries } from "@trainer/disk";
import { idsIn, measure } from "../home/folders.js";
import type { Home } from "../home/home.js";
import type { TokenizerCleanupConfig } from "./config.js";
import { namedByRuns, runsNaming, type Named } from "../home/references.js";
import { reported } from "./report-decision.js";
import { isNeeded, type CleanupContext, type Decision, type KeepReason } from "./report.js";

const DAY_MS = 86_400_000;

/**
 * Removes the tokenizers of a home that no run names, not even one that was archived, and that nobody has written for some
 * days. Where a run's manifest cannot be read, or does not say yet which tokenizer the run will have, all of them stay.
 */
export async function cleanTokenizers(
  home: Home,
  config: TokenizerCleanupConfig,
  context: CleanupContext = {},
): Promise<Decision[]> {
  if (config.enabled && !config.dryRun) {
    await finishRemovals(home.tokenizers);
    await removeTemporaries(home.tokenizers);
  }
  const named = await namedByRuns(home); // once for all: what is about to go is looked at again
  const decisions: Decision[] = [];
  for (const id of await idsIn(home.tokenizers)) decisions.push(await cleanTokenizer(home, id, config, context, named));
  return decisions;
}

async function cleanTokenizer(
  home: Home,
  id: string,
  config: TokenizerCleanupConfig,
  context: CleanupContext,
  named: Named,
): Promise<Decision> {
  const path = join(home.tokenizers, id);
  const { bytes, files, mtimeMs } = await measure(path);
  return await reported({ kind: "tokenizer", id, path, bytes, files }, context, () =>
    decide(home, { id, path, mtimeMs }, config, context, named),
  );
}

interface Candidate {
  readonly id: string;
  readonly path: string;
  readonly mtimeMs: number;
}

async function decide(
  home: Home,
  { id, path, mtimeMs }: Candidate,
  config: TokenizerCleanupConfig,
  context: CleanupContext,
  named: Named,
) {
  if (!config.enabled) return "cleanup_disabled";
  const needed = await keepNamed(home, id, context, named);
  if (needed !== null) return needed;
  if (Date.now() - mtimeMs < config.minUnusedDays * DAY_MS) return "recently_used";
  if (config.dryRun) return "dry_run";
  // A run that begins meanwhile names it before it opens it: what has been named is put back.
  let kept: KeepReason | null = null;
  await removeAside(path, async () => (kept = await keepNamed(home, id, context, await namedByRuns(home))) !== null);
  return kept;
}

async function keepNamed(home: Home, id: string, context: CleanupContext, named: Named): Promise<KeepReason | null> {
  if (named.unknown.length > 0) return "manifest_unreadable";
  return runsNaming(named, home, id).length > 0 || (await isNeeded(context, id)) ? "in_use" : null;
}
