import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checkpointOf, list } from "../checkpoint/list.js";
import { MODEL_FILE } from "../checkpoint/manifest.js";
import { problemOf } from "../checkpoint/read.js";
import { TrainingError } from "../errors.js";
import { loadWeights } from "../model/trained-weights.js";
import type { LiveRun } from "./live-run.js";
import { restore } from "./restore.js";
import { everyOf, SEEN_AFTER } from "./rewind-steps.js";
import { save } from "./save.js";
import { progressOf, readSaved } from "./saved.js";

/** Part of the learning rate that each rewind leaves, and the most of them. */
const LOWER = 0.5;
const MOST = 5;
/** Steps before a loss that is no number in which the weights may be broken already. */
const BROKEN_BEFORE = 10;

/**
 * Takes a run whose loss diverged back to its last sound checkpoint, at half the learning rate. The checkpoint is saved
 * once more with that rate: killed before, the run diverges and goes back again, and after, it goes on from there.
 *
 * @throws the failure, where it is another, was not to be mended, or came too often
 */
export async function rewind(run: LiveRun, failure: TrainingError): Promise<void> {
  const { folder, manifest, options } = run.session;
  const { course, data, learner } = run;
  const { progress } = course;
  const { code } = failure;
  const isDivergence = code === "TRAINING_DIVERGED" || code === "TRAINING_NAN_LOSS";
  if (options.onDivergence !== "rewind" || !isDivergence) throw failure;
  if (progress.rewinds === MOST) {
    throw new TrainingError(code, `${failure.message}; the run has gone back ${MOST} times, each to half the rate`, {
      cause: failure,
    });
  }
  const from = progress.step;
  const latest = Math.max(0, from - (code === "TRAINING_NAN_LOSS" ? BROKEN_BEFORE : SEEN_AFTER));
  const path = await soundBefore(run, latest);
  if (path === null) throw failure;
  const saved = await readSaved(path);
  const [rewinds, rateScale] = [progress.rewinds + 1, progress.rateScale * LOWER];
  run.assertOwned();
  // Newest first: whenever this ends, the newest one that is left leads here again.
  for (const { name, step } of await list(folder.checkpoints))
    if (step > saved.state.step) await rm(join(folder.checkpoints, name), { recursive: true, force: true });
  run.freeMemory();
  const { bestStep } = saved.state.earlyStopping;
  if (bestStep !== null && bestStep !== saved.state.step) {
    const best = join(await checkpointOf(folder.checkpoints, bestStep), MODEL_FILE);
    loadWeights(learner.weights, best);
    await learner.weights.publish(best, folder);
  }
  Object.assign(progress, progressOf(saved));
  const { alarms } = course.watch.state();
  restore(saved, { learner, loader: data.loader, course });
  course.watch.addAlarms(alarms);
  run.metrics.cutTo(saved.state.metricsBytes);
  run.sampler?.file.cutTo(saved.state.samplesBytes);
  run.events?.restart({ ...saved.state, tokens: saved.state.tokensSeen }, manifest.current);
  progress.rewinds = rewinds;
  progress.rateScale = rateScale;
  await save(run);
  const done = { from_step: from, to_step: progress.step, rate_scale: rateScale };
  await manifest.update({ rewinds: [...manifest.current.rewinds.slice(0, rewinds - 1), done] });
  const where = progress.step === 0 ? "its beginning" : `step ${progress.step}`;
  const told = code === "TRAINING_NAN_LOSS" ? `${failure.message}; ` : ""; // a divergence was told already
  run.reporter.warn(
    `${told}back from step ${from} to ${where}, to go on at ${rateScale} of the learning rate (${rewinds} of at most ${MOST} times)`,
  );
}

/** The newest intact checkpoint of a regular step, up to one; null if there is none. */
async function soundBefore({ session: { folder, options } }: LiveRun, latest: number): Promise<string | null> {
  for (const { name, step } of await list(folder.checkpoints)) {
    const path = join(folder.checkpoints, name);
    if (step <= latest && step % everyOf(options) === 0 && (await problemOf(path)) === null) return path;
  }
  return null;
}
