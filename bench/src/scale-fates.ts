import { openJobs, RunRecords } from "@trainer/platform/redis";
import { z } from "zod";
import type { ScaleSystem } from "./scale-system.js";

const Job = z.object({ run_id: z.string() });
const STATES = ["completed", "failed", "running", "queued"] as const;

/** Key in Redis of a part of the queue of trainings. */
export const toKey = (part: string): string => `bull:trainer:${part}`;

/**
 * Fates of runs: the number in each state, and those which are lost (neither in the queue, nor stopped, nor
 * completed and trained), were trained to the end, told as completed, or begun more than once.
 */
export async function fates(
  { redis, notes }: Pick<ScaleSystem, "redis" | "notes">,
  runIds: readonly string[],
  cancelled: ReadonlySet<string>,
) {
  const { begun, trained, completed } = notes();
  const waiting = new Set<string>();
  for await (const { data } of openJobs(redis, toKey)) waiting.add(Job.parse(JSON.parse(data)).run_id);
  const records = new Map((await new RunRecords(redis).many(runIds)).map((run) => [run.runId, run]));
  const isLost = (id: string) => {
    const record = records.get(id);
    if (record?.status === "queued" || record?.status === "running") return !waiting.has(id);
    const isStopped = record?.status === "failed" && record.message === "Training cancelled" && cancelled.has(id);
    return !(isStopped || (record?.status === "completed" && trained.has(id)));
  };
  const stateOf = (id: string) => `${id}: ${records.get(id)?.status ?? "unknown"}, ${records.get(id)?.message}`;
  const often = (counts: ReadonlyMap<string, number>) => runIds.filter((id) => (counts.get(id) ?? 0) > 1);
  const count = (state: string) => [...records.values()].filter(({ status }) => status === state).length;
  return {
    states: Object.fromEntries(STATES.map((state) => [state, count(state)])),
    lost: runIds.filter(isLost).map(stateOf),
    doubled: often(trained),
    toldAgain: often(completed),
    begunAgain: often(begun),
  };
}
