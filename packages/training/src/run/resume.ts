import { removeTemporaries } from "@trainer/disk";
import type { ResumeInput, ResumeOptions } from "@trainer/options";
import { corpusPaths } from "../corpus/corpus-paths.js";
import { TrainingError } from "../errors.js";
import { openHome } from "../home/home.js";
import { resolveRun } from "../home/resolve-run.js";
import { exclusive } from "./exclusive.js";
import type { RunResult } from "./events.js";
import { fetching } from "../home/fetching.js";
import { finishCompleted } from "./finish-completed.js";
import { FileLock } from "../home/file-lock.js";
import { ManifestFile } from "../home/manifest-file.js";
import { readManifest } from "../home/manifest.js";
import type { RunOptions } from "../options/options.js";
import { optionsOfRun } from "../options/options-of-run.js";
import { withPluginsOf } from "../plugins/missing-plugins.js";
import { resolveCompute } from "../step/precision.js";
import { hasSaved } from "../checkpoint/has-saved.js";
import { runFolder } from "../home/run-folder.js";
import type { RunContext } from "./run-context.js";
import { RunCorpus } from "../bins/run-corpus.js";
import { runSession } from "./session.js";
import { newEnd, parseNewEnd } from "./new-end.js";

/**
 * Resumes a run of the home, by its id or folder, from its newest intact checkpoint, or from its beginning if it has
 * none: with the same data and machine the outcome is, bit for bit on a CPU, that of a run never interrupted. A
 * completed one is not repeated; a missing evaluation is made up for. With a new end it trains on from its newest
 * checkpoint, also where it was completed, stopped early or cancelled: the learning rates after it are those of a run
 * that was to end there from the beginning.
 *
 * @param endId of the request for the new end: one that the run has taken, it does not take again
 * @throws TrainingError. A new end that the run is beyond already, or cannot have, is INVALID_INPUT, and changes nothing.
 */
export const resume = (
  ref: string,
  context: RunContext,
  end: ResumeInput = {},
  endId: string | null = null,
): Promise<RunResult> => exclusive(() => goOn(ref, context, parseNewEnd(end), endId));

async function goOn(ref: string, context: RunContext, end: ResumeOptions, endId: string | null): Promise<RunResult> {
  const { id, dir } = await resolveRun(ref, openHome(context.home, context.dataRoot));
  if (id === null) {
    throw new TrainingError("RUN_NOT_FOUND", `${dir} holds a model but is no run of ${context.home}`);
  }
  const folder = runFolder(context.home, id);
  using lock = new FileLock(folder.lock, id, context.fence);
  const found = await readManifest(folder.manifest);
  if (found === null) {
    throw new TrainingError("RUN_NOT_FOUND", `${folder.path} has no manifest.json: it never began`);
  }
  await removeTemporaries(folder.path);
  const trainOn = await newEnd(end, found, folder, endId);
  if (found.status === "completed" && trainOn === null) return await finishCompleted({ found, folder, context, lock });
  const config = { ...found.config, ...trainOn?.config };
  const parsed = await withPluginsOf(found.plugins, async () => optionsOfRun({ ...found, config }));
  const where = fetching(context);
  using text = await corpusPaths(parsed, where);
  const options = { ...parsed, corpus: [...text.paths] };
  const corpus = new RunCorpus(options, where.home);
  const compute = resolveCompute(found.device, found.precision);
  const manifest = new ManifestFile(folder.manifest, found, () => lock.assertOwned());
  const running = { status: "running", finished_at: null, failure_class: null, error_code: null, error: null } as const;
  await manifest.update({ ...running, ...trainOn, ...((await hasSaved(folder)) ? {} : anew(options)) });
  return await runSession({ options, compute, folder, manifest, context, lock, corpus });
}

/** Without a checkpoint nothing depends on the former text or tokenizer: they may have been mended. */
const anew = ({ tokenizer }: RunOptions) => ({
  corpus_sha256: null,
  tokenizer_id: tokenizer ?? "",
  tokenizer_sha256: null,
});
