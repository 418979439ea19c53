import { join } from "node:path";
import { isFile, isFolder, isId, namesIn } from "@trainer/disk";
import { runFolder } from "./run-folder.js";
import type { Home } from "./home.js";

/** Paths; null where there is no such file. */
export interface RunLogFiles {
  readonly logs: string | null;
  readonly metrics: string | null;
}

/** Paths of what is kept of a run when its folder is cleaned away. */
export const archivedFiles = (home: Home, runId: string) => ({
  manifest: join(home.archived, `${runId}.json`),
  logs: join(home.archived, `${runId}.logs.jsonl`),
  metrics: join(home.archived, `${runId}.metrics.jsonl`),
  samples: join(home.archived, `${runId}.samples.jsonl`),
  evaluations: join(home.archived, `${runId}.evaluations.jsonl`),
  evaluationSamples: join(home.archived, `${runId}.evaluation-samples.jsonl`),
  /** Without the ending of a manifest: what ends in `.json` there is one. */
  notes: join(home.archived, `${runId}.notes`),
});

/** True if a run has been cleaned away: its folder is gone, its manifest is kept. */
export const isArchived = async (home: Home, runId: string): Promise<boolean> =>
  isId(runId) && !(await isFolder(join(home.models, runId))) && (await isFile(archivedFiles(home, runId).manifest));

/** Runs whose manifests are kept, cleaned away or fetched back since. */
export async function archivedIds(home: Home): Promise<string[]> {
  const names = await namesIn(home.archived);
  return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
}

/** Paths of a run's `logs.jsonl` and `metrics.jsonl`: in its folder, or kept when that was cleaned away. */
export async function runLogFiles(home: Home, runId: string): Promise<RunLogFiles> {
  if (!isId(runId)) return { logs: null, metrics: null };
  const here = runFolder(home.root, runId);
  const kept = archivedFiles(home, runId);
  return { logs: await firstOf(here.logs, kept.logs), metrics: await firstOf(here.metrics, kept.metrics) };
}

async function firstOf(...paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if (await isFile(path)) return path;
  return null;
}
