import { basename, join } from "node:path";
import { namesIn } from "@trainer/disk";
import {
  jobData,
  percentOf,
  progressOf,
  RunId,
  UserIdText,
  type StoredRequest,
  type TrainSettings,
} from "@trainer/platform";
import type { RunRecord } from "@trainer/platform/redis";
import { hasBegun, openHome, readManifest, runFolder, type RunManifest } from "@trainer/training/files";
import type { Container } from "./container.js";
import { queueTokenizers } from "./reconcile-tokenizers.js";
import { shownPaths } from "./shown-paths.js";
import { withLock } from "./redis-lock.js";
import { runOf } from "./runs/cancel-queued.js";
import { isAlive } from "./runs/is-alive.js";

const LOCK_KEY = "trainer:reconcile";
const LOCK_SEC = 60;

type Restored = Omit<RunRecord, "heartbeat">;

/**
 * Reconciles Redis with the runs' folders: a run that Redis has lost gets its record again, from its folder or its
 * archive's manifest, and an unfinished run without a job gets one. Tokenizers likewise.
 */
export async function reconcile(container: Container): Promise<void> {
  const { redis, log } = container;
  await withLock(redis, LOCK_KEY, LOCK_SEC, async () => {
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
  return recordOf(manifest, stored?.request ?? null, shownPaths(config));
}

const unbegun = (runId: string, stored: StoredRequest): Restored => ({
  ...stored,
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

function recordOf(manifest: RunManifest, request: TrainSettings | null, shown: (message: string) => string): Restored {
  const { run_id: runId, status, artifact_file_id: artifactFileId, config } = manifest;
  const error = manifest.error && shown(manifest.error);
  const userId = UserIdText.catch(0n).parse(config["user_id"]); // 0: nobody's
  const at = (time: string) => time.replace(/Z$/, "");
  const times = { createdAt: at(manifest.started_at), updatedAt: at(manifest.finished_at ?? manifest.started_at) };
  const training = progressOf(manifest, null);
  const model = { modelFamily: manifest.model_family, modelSize: manifest.model_size };
  const progress = percentOf(training);
  const about = { runId, userId, request, artifactFileId, error, training, progress, ...model, ...times };
  if (status === "failed") return { ...about, status, message: error };
  if (status === "completed" && artifactFileId !== null) {
    return { ...about, status, progress: 100, message: "Training completed" };
  }
  return { ...about, status: "queued", message: "waits for a worker to go on", error: null };
}

/** Runs that are neither done nor waiting for anybody. Those just restored have no job for certain; others may get one yet. */
async function queueAbandoned(container: Container, restored: ReadonlySet<string>): Promise<string[]> {
  const { queue, runs, pace } = container;
  const now = Date.now();
  const open = await runs.open();
  if (open.length === 0) return [];
  const waiting = new Set((await queue.getJobs([...LIVE])).map((job) => runOf(job)?.runId));
  const queued: string[] = [];
  for (const { runId, userId, request, heartbeat, updatedAt } of open) {
    const old = restored.has(runId) || now - Date.parse(`${updatedAt}Z`) > pace.silent;
    const id = RunId.safeParse(runId).data;
    if (id === undefined || request === null || waiting.has(id) || !old || isAlive(heartbeat, pace)) continue;
    await queue.add("train", jobData({ run_id: id, user_id: userId, request }), KEPT);
    queued.push(runId);
  }
  return queued;
}

const LIVE = ["waiting", "active", "delayed", "prioritized"] as const;
const KEPT = { removeOnComplete: true, removeOnFail: true } as const;
