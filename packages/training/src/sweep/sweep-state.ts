import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unlessAbsent, writeJson } from "@trainer/disk";
import { z } from "zod";
import { TrainingError } from "../errors.js";

/** A sweep as it is kept: its trials, and how far each may train. What they came to is in their runs. */
export const SweepState = z.strictObject({
  version: z.literal(1),
  /** Hash of what was asked for. */
  request: z.string(),
  /** Made once for a sweep: with it a server knows its trials again. */
  nonce: z.string().default(""),
  trials: z.array(
    z.strictObject({
      run_id: z.string(),
      /** The id that a server has given its run. */
      remote_id: z.string().optional(),
      /** Its own settings, by the names of options. */
      settings: z.record(z.string(), z.unknown()),
      /** The options of its run, by their names in manifests. */
      config: z.record(z.string(), z.unknown()),
      /** Steps up to each rung. */
      rungs: z.array(z.int()),
    }),
  ),
});
export type SweepState = z.infer<typeof SweepState>;

/** A training that a sweep compares with others. */
export type Trial = SweepState["trials"][number];

/** The file of a sweep in a home. */
export const sweepFile = (home: string, id: string): string => join(home, "sweeps", `${id}.json`);

/** The sweep of a file; null where there is none. @throws TrainingError CONFLICT for one that cannot be read */
export async function readSweep(path: string): Promise<SweepState | null> {
  const text = await unlessAbsent(readFile(path, "utf8"));
  if (text === null) return null;
  const { data } = SweepState.safeParse(valueOf(text));
  if (data !== undefined) return data;
  throw new TrainingError(
    "CONFLICT",
    `${path} is no sweep that this version can go on with: remove it, or choose another id`,
  );
}

export async function writeSweep(path: string, state: SweepState): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeJson(path, state);
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
