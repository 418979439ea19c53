import { join } from "node:path";
import { finishRemovals, removeLeftovers, removeTemporaries } from "@trainer/disk";
import { neededByJob, queuedTokenizersFolder } from "@trainer/platform";
import { openJobs } from "@trainer/platform/redis";
import {
  binsFolder,
  cleanBins,
  cleanCorpusCache,
  cleanTokenizers,
  openHome,
  TextRoot,
  type CleanupContext,
  type CleanupRecord,
} from "@trainer/training/files";
import type { Container } from "./container.js";

const LOCK_KEY = "trainer:housekeeping";

/**
 * Removes what nobody needs any more, each kind within its own limits: token bins, fetched corpora, tokenizers, expired
 * answers, and what processes that have ended left half-made; one worker of a home at a time. What a run, a process or
 * a job in the queue needs stays.
 */
export async function keepHouse(container: Container): Promise<void> {
  const { config, pace, redis, log } = container;
  const lockMs = Math.ceil(pace.housekeeping / 2); // runs out by itself: until then what this worker did suffices
  if ((await redis.set(`${LOCK_KEY}:${await container.homeId()}`, "1", "PX", lockMs, "NX")) === null) return;
  const home = openHome(config.artifactsRoot, config.dataRoot);
  const { binsCleanup, corpusCacheCleanup, tokenizerCleanup } = config;
  const context: CleanupContext = { log: (record) => write(log, record), needed: () => neededByJobs(container) };
  const half = [home.models, home.tokenizers, home.corpusCache, binsFolder(home), join(home.cache, "sending")];
  const queuedTokenizers = queuedTokenizersFolder(home.root);
  const { uploads } = new TextRoot(config.dataRoot);
  const written = [
    home.models,
    home.tokenizers,
    home.archived,
    home.cache,
    home.corpusCache,
    queuedTokenizers,
    uploads,
  ];
  const chores = [
    ...half.flatMap((folder) => [() => removeLeftovers(folder), () => finishRemovals(folder)]),
    ...written.map((folder) => () => removeTemporaries(folder)),
    () => container.results.removeExpired(),
    () => cleanBins(home, binsCleanup, context),
    () => cleanCorpusCache(home, home.corpusCache, corpusCacheCleanup, context),
    () => cleanTokenizers(home, tokenizerCleanup, context),
  ];
  for (const chore of chores) {
    await chore().catch((error: unknown) =>
      log.warn({ event: "housekeeping_failed", reason: String(error) }, "what nobody needs could not be removed"),
    );
  }
}

function write(log: Container["log"], { level, message, ...fields }: CleanupRecord): void {
  if (level === "ERROR") log.error(fields, message);
  else if (fields.event.endsWith("_skipped")) log.debug(fields, message);
  else log.info(fields, message);
}

/** Runs, tokenizers and corpora of jobs that wait in the queue, or were taken from it and are not in the home yet. */
async function neededByJobs({ redis, queue }: Container): Promise<Set<string>> {
  const needed = new Set<string>();
  for await (const { name, data } of openJobs(redis, (type) => queue.toKey(type)))
    for (const id of neededByJob(name, JSON.parse(data))) needed.add(id);
  return needed;
}
