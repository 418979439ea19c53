import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { removeTemporary } from "../checkpoint/list.js";
import { STATE_FILE } from "../checkpoint/manifest.js";
import { newestValid } from "../checkpoint/read.js";
import { TrainState } from "../checkpoint/state.js";
import type { Progress } from "./live-run.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";

/** A checkpoint that a run goes on from. */
export interface Saved {
  readonly path: string;
  readonly state: TrainState;
}

/** The run's newest sound checkpoint, null if it has none. What was being written when a process ended is removed. */
export async function newestSaved({ folder }: Session, reporter: Reporter): Promise<Saved | null> {
  await removeTemporary(folder.checkpoints);
  const newest = await newestValid(folder.checkpoints, ({ name, problem }) =>
    reporter.warn(`checkpoint ${name} is damaged and not used: ${problem}`),
  );
  return newest && (await readSaved(newest.path));
}

/** A checkpoint by its path. */
export const readSaved = async (path: string): Promise<Saved> => ({ path, state: await readState(path) });

const readState = async (checkpoint: string): Promise<TrainState> =>
  TrainState.parse(JSON.parse(await readFile(join(checkpoint, STATE_FILE), "utf8")));

/** Progress of a run that goes on from a checkpoint, or begins. */
export const progressOf = (saved: Saved | null): Progress => ({
  step: saved?.state.step ?? 0,
  tokensSeen: saved?.state.tokensSeen ?? 0,
  trainLoss: saved?.state.trainLoss ?? null,
  skippedSteps: saved?.state.skippedSteps ?? 0,
  evalDue: saved?.state.evalDue ?? false,
  sampleDue: saved?.state.sampleDue ?? false,
  finished: saved?.state.finished ?? false,
  rateScale: saved?.state.rateScale ?? 1,
  rewinds: saved?.state.rewinds ?? 0,
});
