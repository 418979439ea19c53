import { join } from "node:path";
import { makeFolder, writeText } from "@trainer/disk";
import { z } from "zod";
import { trackedId } from "../tracked-id.js";
import type { HeldRun, TrackedRun, Tracker } from "../tracker.js";
import { LOG_HEADER, logRecords } from "./block-log.js";
import { headerRecord, runRecord } from "./records.js";
import { WandbRun } from "./wandb-run.js";

/** Said to be what wrote the files. */
const PRODUCER = "model-trainer";

export const WandbSettings = z.object({
  /** Holds `wandb/`, with a folder a run. */
  folder: z.string(),
  project: z.string(),
  /** The user or team; null for the one of whoever syncs. */
  entity: z.string().nullable(),
});
export type WandbSettings = z.output<typeof WandbSettings>;

/**
 * Runs as files that `wandb sync` sends, of the kind that W&B's own clients write offline. A run is one file, made anew
 * of the run's record whenever it is opened: what a killed process left half, or a run that went back to a checkpoint
 * made void, is not there twice.
 */
export class Wandb implements Tracker {
  readonly name = "wandb";

  constructor(readonly settings: WandbSettings) {}

  async open({ id, startedAt, config }: TrackedRun, signal: AbortSignal): Promise<HeldRun> {
    signal.throwIfAborted();
    const { project, entity } = this.settings;
    const startTime = Date.parse(startedAt);
    const runId = trackedId({ id, startedAt });
    const folder = join(this.settings.folder, "wandb", `offline-run-${compact(startTime)}-${runId}`);
    const first = [headerRecord(PRODUCER), runRecord({ id: runId, entity, project, name: id, config, startTime })];
    const records = first.map((of, i) => of(i + 1));
    const bytes = Buffer.concat([LOG_HEADER, logRecords(records, LOG_HEADER.length)]);
    const path = join(folder, `run-${runId}.wandb`);
    await makeFolder(folder);
    await writeText(path, bytes);
    return new WandbRun({ folder, path, startTime }, { bytes: bytes.length, records: records.length });
  }
}

/** 20261201_034548, in UTC: the order of names is that of beginnings, by which runs are synced. */
const compact = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "_");
