import { basename, join } from "node:path";
import { namesIn } from "@trainer/disk";
import { jobData, percentOf, progressOf, RunId, UserIdText, type StoredRequest } from "@trainer/platform";
import { jobsOf, openJobIds, type RunRecord } from "@trainer/platform/redis";
import { hasBegun, openHome, readManifest, runFolder, type RunManifest } from "@trainer/training/files";
import type { Container } from "./container.js";
import { queueTokenizers } from "./reconcile-tokenizers.js";
import { shownPaths } from "./shown-paths.js";
import { isDue } from "./redis-interval.js";
import { withLock } from "./redis-lock.js";
import { runIn } from "./runs/cancel-queued.js";
import { isAlive } from "./runs/is-alive.js";

const LOCK_KEY = "trainer:reconcile";
const LOOK_KEY = "trainer:reconciled";
const LOCK_SEC = 60;

type Restored = Omit<RunRecord, "heartbeat">;

/**
 * Reconciles Redis with the runs' folders: a run that Redis has lost gets its record again, from its folder or its
 * archive's manifest, and an unfinished run without a job gets one. Tokenizers likewise. In each interval one worker of a
 * home does so for all.
 * @param freshMs how old a worker's look may be that suffices for this one too, where that is less than the interval
 */
export async function reconcile(container: Container, freshMs?: number): Promise<void> {
  const { redis, log, pace } = container;
  const home = await container.homeId();
  if (!(await isDue(redis, `${LOOK_KEY}:${home}`, pace.reconcile, freshMs))) return;
  await withLock(redis, `${LOCK_KEY}:${home}`, LOCK_SEC, async () => {
    const restored = await restoreForgotten(container);
    const queued = await queueAbandoned(container, new Set(restored));
    const tokenizers = await queueTokenizers(container);
    const about = { count: restored.length + tokenizers.length, size: queued.length };
    if (about.count + about.size > 0)
      log.info({ event: "reconciled", ...about }, "runs and tokenizers were taken up again");
  });
}

async function restoreForgotten(container: Container): Promise<string[]> {
  const { runs, store } = container;
  const home = openHome(container.config.artifactsRoot);
  const kept = (await namesIn(home.archived)).filter((name) => name.endsWith(".json"));
  const archived = kept.map((name) => basename(name, ".json"));
  const restored: string[] = [];
  for (const runId of await runs.unknown([...new Set([...(await store.runIds()), ...archived])])) {
    const record =
      (await fromFolder(container, runId)) ?? (await fromArchive(container, join(home.archived, `${runId}.json`)));
    if (record === null) continue;
    await runs.restore(record);
    restored.push(runId);
  }
  return restored;
}

async function fromFolder({ config, store }: Container, runId: string): Promise<Restored | null> {
  const stored = await store.read(runId);
  const folder = runFolder(config.artifactsRoot, runId);
  if (!(await hasBegun(folder))) return stored && unbegun(runId, stored);
  const manifest = await readManifest(folder.manifest).catch(() => null);
  if (manifest === null) return null;
  if (stored === null && !manifest.requested && manifest.artifact_file_id === null) return null; // somebody's own, made without a service
  return recordOf(manifest, stored, shownPaths(config));
}

const unbegun = (runId: string, stored: StoredRequest): Restored => ({
  ...stored,
  end: stored.end ?? null,
  runId,
  updatedAt: stored.createdAt,
  modelFamily: stored.request.model_family,
  modelSize: stored.request.model_size,
  status: "queued",
  progress: 0,
  message: "queued",
  error: null,
  artifactFileId: null,
  training: null,
});

async function fromArchive({ config }: Container, path: string): Promise<Restored | null> {
  const manifest = await readManifest(path).catch(() => null);
  return manifest && recordOf(manifest, null, shownPaths(config));
}

function recordOf(
  manifest: RunManifest,
  stored: Pick<StoredRequest, "request" | "end"> | null,
  shown: (message: string) => string,
): Restored {
  const { run_id: runId, status, artifact_file_id: artifactFileId, config } = manifest;
  const error = manifest.error && shown(manifest.error);
  const userId = UserIdText.catch(0n).parse(config["user_id"]); // 0: nobody's
  const at = (time: string) => time.replace(/Z$/, "");
  const times = { createdAt: at(manifest.started_at), updatedAt: at(manifest.finished_at ?? manifest.started_at) };
  const training = progressOf(manifest, null);
  const model = { modelFamily: manifest.model_family, modelSize: manifest.model_size };
  const progress = percentOf(training);
  const { request = null, end = null } = stored ?? {};
  const about = { runId, userId, request, end, artifactFileId, error, training, progress, ...model, ...times };
  const isTrainedOn = end !== null && end.id !== manifest.end_id;
  if (status === "failed" && !isTrainedOn) return { ...about, status, message: error };
  if (status === "completed" && artifactFileId !== null && !isTrainedOn) {
    return { ...about, status, progress: 100, message: "Training completed" };
  }
  return { ...about, status: "queued", message: "waits for a worker to go on", error: null };
}

/** Runs that are neither done nor waiting for anybody. Those just restored have no job for certain; others may get one yet. */
async function queueAbandoned(container: Container, restored: ReadonlySet<string>): Promise<string[]> {
  const { queue, runs, pace } = container;
  const now = await runs.now();
  const open = await runs.openIds();
  if (open.length === 0) return [];
  const left = await withoutJob(container, open);
  const queued: string[] = [];
  for (const { runId, status, userId, request, end, heartbeat, updatedAt } of await runs.many(left)) {
    if (status !== "queued" && status !== "running") continue;
    const old = restored.has(runId) || Math.abs(now - Date.parse(`${updatedAt}Z`)) > pace.silent;
    const id = RunId.safeParse(runId).data;
    if (id === undefined || request === null || !old || isAlive(heartbeat, now, pace)) continue;
    await queue.add("train", jobData({ run_id: id, user_id: userId, request, end: end ?? undefined }), KEPT);
    queued.push(runId);
  }
  return queued;
}

/** A run's first job has its id: of the many that wait only other jobs are looked into. */
async function withoutJob({ redis, queue }: Container, runIds: readonly string[]): Promise<string[]> {
  const toKey = (type: string) => queue.toKey(type);
  const jobIds = new Set(await openJobIds(redis, toKey));
  const without = new Set<string | null>(runIds.filter((id) => !jobIds.has(id)));
  if (without.size === 0) return [];
  for (const id of runIds) jobIds.delete(id);
  for await (const { name, data } of jobsOf(redis, toKey, [...jobIds])) without.delete(runIn(name, data));
  return [...without].filter((id) => id !== null);
}

const KEPT = { removeOnComplete: true, removeOnFail: true } as const;
