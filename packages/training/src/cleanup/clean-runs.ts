import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  finishRemovals,
  isFile,
  isFolder,
  makeFolder,
  removeAside,
  removeTemporaries,
  writeWhole,
} from "@trainer/disk";
import { idsIn, measure } from "../home/folders.js";
import type { Home } from "../home/home.js";
import { summarizeRun } from "../home/list-runs.js";
import { archivedFiles } from "../home/run-log-files.js";
import type { RunStatus } from "../home/manifest.js";
import { runFolder } from "../home/run-folder.js";
import { lockForRemoval } from "../home/run-use.js";
import type { CleanupConfig } from "./config.js";
import { namedByRuns, type Named } from "../home/references.js";
import { reported } from "./report-decision.js";
import { isNeeded, type CleanupContext, type Decision, type KeepReason } from "./report.js";

/** Facts for the decision about a run. */
export interface RunFacts {
  /** True if its folder exists. */
  readonly exists: boolean;
  /** The id of its archive; null where it has none. */
  readonly pointer: string | null;
  readonly status: RunStatus | "damaged";
  /** True if a process trains it, uses it, or starts from it. */
  readonly inUse: boolean;
}

/** The first reason to keep a run; null if it may go. */
export function keepRun(config: CleanupConfig, facts: RunFacts): KeepReason | null {
  if (!config.enabled) return "cleanup_disabled";
  if (!facts.exists) return "directory_not_found";
  if (config.verifyUpload && facts.pointer === null) return "upload_not_verified";
  if (facts.status !== "completed" && facts.status !== "failed") return "run_not_terminal";
  return facts.inUse ? "in_use" : null;
}

/** Decides about all runs of a home, and removes those that may go. */
export async function cleanRuns(home: Home, config: CleanupConfig, context: CleanupContext = {}): Promise<Decision[]> {
  if (config.enabled && !config.dryRun) {
    await finishRemovals(home.models);
    await removeTemporaries(home.models);
    await removeTemporaries(home.archived);
  }
  const named = await namedByRuns(home); // once for all: what is about to go is looked at again
  const decisions: Decision[] = [];
  for (const id of await idsIn(home.models))
    decisions.push(await cleanOne(home, id, config, context, () => Promise.resolve(named)));
  return decisions;
}

/**
 * Removes the folder of a run that has ended and whose archive is kept elsewhere. Its manifest stays in the home's
 * `archived`, with the id of the archive, so that the run can be fetched back, and so do its logs, metrics, evaluations and samples. It stays while it is
 * trained, used, or the start of another run that has not ended. Actions are logged; failures are logged and thrown.
 */
export async function cleanRun(
  home: Home,
  id: string,
  config: CleanupConfig,
  context: CleanupContext = {},
): Promise<Decision> {
  return await cleanOne(home, id, config, context, () => namedByRuns(home));
}

async function cleanOne(
  home: Home,
  id: string,
  config: CleanupConfig,
  context: CleanupContext,
  named: () => Promise<Named>,
): Promise<Decision> {
  const path = join(home.models, id);
  const { bytes, files } = await measure(path);
  return await reported({ kind: "run", id, path, bytes, files }, context, async () =>
    decide(home, id, config, context, await named()),
  );
}

async function decide(
  home: Home,
  id: string,
  config: CleanupConfig,
  context: CleanupContext,
  named: Named,
): Promise<KeepReason | null> {
  const before = keepRun(config, await factsOf(home, id, context, named));
  if (before !== null) return before;
  if (config.dryRun) return "dry_run"; // which nobody need wait for
  await setTimeout(config.gracePeriodSeconds * 1000, undefined, { signal: context.signal });
  const dir = join(home.models, id);
  if (!(await isFolder(dir))) return "directory_not_found";
  using removal = lockForRemoval(dir);
  if (removal === null) return "in_use";
  const after = keepRun(config, await factsOf(home, id, context, await namedByRuns(home)));
  if (after !== null) return after;
  await keep(home, id);
  await removeAside(dir);
  return null;
}

/** What is kept of a run; the manifest last. */
const KEPT = ["logs", "metrics", "samples", "evaluations", "evaluationSamples", "notes", "manifest"] as const;

/** Keeps what a run's page shows of it, from its logs to the notes on it, and last, as it marks the run as archived, the manifest. */
async function keep(home: Home, id: string): Promise<void> {
  const here = runFolder(home.root, id);
  const kept = archivedFiles(home, id);
  await makeFolder(home.archived);
  for (const name of KEPT) {
    if (await isFile(here[name])) await writeWhole(kept[name], (file) => writeFile(file, createReadStream(here[name])));
  }
}

async function factsOf(home: Home, id: string, context: CleanupContext, { pretrained }: Named): Promise<RunFacts> {
  const exists = await isFolder(join(home.models, id));
  const { status, manifest } = await summarizeRun(home, id);
  const inUse = pretrained.has(id) || pretrained.has(join(home.models, id)) || (await isNeeded(context, id));
  return { exists, pointer: manifest?.artifact_file_id ?? null, status, inUse };
}
