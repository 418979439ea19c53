import { isFolder, unlessAbsent } from "@trainer/disk";
import { ResumeOptions, snakeKeys, type ResumeInput } from "@trainer/options";
import { stat } from "node:fs/promises";
import { list } from "../checkpoint/list.js";
import { TrainingError } from "../errors.js";
import { sequencesIn } from "../bins/windows.js";
import type { Home } from "../home/home.js";
import { NO_OUTCOME, readManifest, type RunManifest, type RunPart } from "../home/manifest.js";
import { runFolder, type RunFolder } from "../home/run-folder.js";
import { isArchived } from "../home/run-log-files.js";
import { optionsOfRun } from "../options/options-of-run.js";
import { parseOptions } from "../options/parse-options.js";
import { stepPlanOf } from "../step/step-plan.js";

/** The options of a new end, or an error that names each one that is wrong; no two of them go together. */
export function parseNewEnd(input: ResumeInput): ResumeOptions {
  const end = parseOptions(ResumeOptions, input, "the run's end");
  if (givenOf(end).length < 2) return end;
  throw refused("maxSteps, numEpochs and maxSeconds: each says where the run ends; give one of them");
}

const givenOf = (end: ResumeOptions) => Object.values(end).filter((value) => value !== null);

type NewEnd = Pick<RunManifest, "config" | "epochs"> & Partial<RunManifest>;

/**
 * Refuses a new end that a run cannot have, as it is now; who trains it looks again.
 * @returns false for a run of which nothing is here: it is in another home, or has not begun
 * @throws TrainingError INVALID_INPUT
 */
export async function checkNewEnd(end: ResumeInput, runId: string, home: Home): Promise<boolean> {
  const folder = runFolder(home.root, runId);
  const found = await readManifest(folder.manifest);
  if (found !== null) await newEnd(parseNewEnd(end), found, folder);
  else if (await isArchived(home, runId)) throw refused(`${NO_CHECKPOINT}; ${AFRESH}`);
  return found !== null;
}

/**
 * Changes of a run's manifest by a new end, the outcome so far among its parts; null without one, or
 * where the run ends there anyway, or has got it by the same request already. @throws TrainingError INVALID_INPUT
 */
export async function newEnd(
  end: ResumeOptions,
  found: RunManifest,
  folder: RunFolder,
  endId: string | null = null,
): Promise<NewEnd | null> {
  if (givenOf(end).length === 0 || (endId !== null && endId === found.end_id)) return null;
  const spent = found.duration_seconds ?? 0;
  const config = { ...found.config, ...asked(end, spent) };
  const options = optionsOfRun({ ...found, config });
  const epochs = options.numEpochs;
  const [newest] = await list(folder.checkpoints);
  const { splits, total_steps: before } = found;
  if (newest === undefined || splits === null || before === null) {
    if (found.status !== "completed") return { config, epochs, end_id: endId }; // there is nothing to go on from
    throw refused(`${NO_CHECKPOINT}; ${AFRESH}`);
  }
  const texts = found.sources.length === 0 ? [splits.train] : found.sources;
  const sequences = texts.reduce((sum, { tokens }) => sum + sequencesIn(tokens, found.max_seq_len), 0);
  const batchesPerEpoch = Math.ceil(sequences / found.batch_size);
  const { totalSteps } = stepPlanOf(options, batchesPerEpoch);
  const until = newest.step;
  const total = end.maxSeconds === null ? totalSteps : until + totalSteps;
  if (total === before && end.maxSeconds === null) return null;
  if (total <= until) throw refused(`it has done ${until} steps already, and was to end after ${total}: ask for more`);
  if (options.loraRank > 0 && !(await isFolder(folder.base)))
    throw refused(`it trains an adapter, whose base weights were removed as it was completed; ${AFRESH}`);
  const planned = found.ends.filter((each) => each.after_step < until);
  const earlier = planned.length === 0 ? [{ after_step: 0, total_steps: before }] : planned;
  return {
    config,
    epochs,
    end_id: endId,
    total_steps: total,
    ends: [...earlier, { after_step: until, total_steps: total }],
    parts: [...found.parts, await partOf(found, folder, until)],
    early_stopped: false,
    ...NO_OUTCOME,
  };
}

/** The options in place of those that the run had. */
function asked({ maxSteps, numEpochs, maxSeconds }: ResumeOptions, spent: number): Record<string, unknown> {
  const seconds = maxSeconds === null ? null : spent + maxSeconds;
  return snakeKeys({ maxSteps, maxSeconds: seconds, ...(numEpochs === null ? {} : { numEpochs }) });
}

async function partOf(found: RunManifest, folder: RunFolder, until: number): Promise<RunPart> {
  const isWhole = found.status === "completed" && found.steps === until;
  const metrics = isWhole ? await unlessAbsent(stat(folder.metrics)) : null;
  return {
    until_step: until,
    status: found.status,
    finished_at: found.finished_at,
    duration_seconds: found.duration_seconds,
    total_steps: found.total_steps,
    early_stopped: found.early_stopped,
    loss: found.loss,
    best_val_loss: found.best_val_loss,
    best_step: found.best_step,
    test_loss: found.test_loss,
    test_bits_per_byte: found.test_bits_per_byte,
    evaluation: found.evaluation,
    metrics_bytes: metrics === null ? null : metrics.size,
  };
}

const NO_CHECKPOINT = "no checkpoint of it is here, as of one that was cleaned away or fetched";
const AFRESH = "a new run that names it as pretrained trains on from its weights";

const refused = (message: string) => new TrainingError("INVALID_INPUT", `the run cannot be trained on: ${message}`);
