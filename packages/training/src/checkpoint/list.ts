import { rm } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "@trainer/disk";
import { checkpointName, parseCheckpointName, TEMPORARY, type CheckpointName } from "./manifest.js";

/** The checkpoints in a folder by their names, newest first; none if there is no such folder. Nothing is opened. */
export async function list(dir: string): Promise<CheckpointName[]> {
  return (await namesIn(dir))
    .map(parseCheckpointName)
    .filter((name) => name !== null)
    .sort((a, b) => b.step - a.step || b.revision - a.revision);
}

/** Path of the newest checkpoint of a step, existing or not. */
export async function checkpointOf(dir: string, step: number): Promise<string> {
  const found = (await list(dir)).find((checkpoint) => checkpoint.step === step);
  return join(dir, found?.name ?? checkpointName(step, 0));
}

/** Removes what interrupted writes left behind. */
export async function removeTemporary(dir: string): Promise<void> {
  const left = (await namesIn(dir)).filter((name) => name.startsWith(TEMPORARY));
  await Promise.all(left.map((name) => rm(join(dir, name), { recursive: true, force: true })));
}

/** Removes all but the newest `keep` checkpoints, and the newest one of each step that is kept. */
export async function prune(dir: string, keep: number, kept: ReadonlySet<number>): Promise<void> {
  const all = await list(dir);
  const isNewest = ({ step }: CheckpointName, i: number) => all.findIndex((other) => other.step === step) === i;
  const old = all.filter((checkpoint, i) => i >= keep && !(kept.has(checkpoint.step) && isNewest(checkpoint, i)));
  await Promise.all(old.map(({ name }) => rm(join(dir, name), { recursive: true, force: true })));
}
