import { corpusPaths } from "../corpus/corpus-paths.js";
import { TrainingError } from "../errors.js";
import { openHome } from "../home/home.js";
import { resolveRun } from "../home/resolve-run.js";
import { alone } from "./alone.js";
import type { RunResult } from "./events.js";
import { fetching } from "./fetching.js";
import { RunLock } from "./lock.js";
import { ManifestFile } from "./manifest-file.js";
import { readManifest } from "./manifest.js";
import { parseTrainOptions } from "./options.js";
import { resolveCompute } from "./precision.js";
import { runFolder } from "./run-folder.js";
import { runSession, type RunContext } from "./session.js";
import { fromConfig } from "./wire-names.js";

/**
 * Goes on with a run of the home, by its id or folder, from its newest sound checkpoint, or from its beginning if it has
 * none: with the same data and machine the outcome is, bit for bit on a CPU, that of a run never interrupted.
 */
export const resume = (ref: string, context: RunContext): Promise<RunResult> => alone(() => goOn(ref, context));

async function goOn(ref: string, context: RunContext): Promise<RunResult> {
  const { id, dir } = await resolveRun(ref, openHome(context.home));
  if (id === null) {
    throw new TrainingError("RUN_NOT_FOUND", "USER_INPUT", `${dir} holds a model but is no run of ${context.home}`);
  }
  const folder = runFolder(context.home, id);
  using lock = new RunLock(folder.lock, id, context.turn);
  const found = await readManifest(folder.manifest);
  if (found === null) {
    throw new TrainingError("RUN_NOT_FOUND", "USER_INPUT", `${folder.path} has no manifest.json: it never began`);
  }
  if (found.status === "completed") {
    const done = `run ${id} is completed (${found.steps} steps): there is nothing to resume`;
    throw new TrainingError(
      "CONFLICT",
      "USER_INPUT",
      `${done}; to train further, start a run from it (pretrained run id)`,
    );
  }
  const asked = parseTrainOptions(fromConfig(found.config));
  using corpus = await corpusPaths(asked, fetching(context));
  const options = { ...asked, corpus: [...corpus.paths], maxSeqLen: found.max_seq_len };
  const compute = resolveCompute(found.device, found.precision);
  const manifest = new ManifestFile(folder.manifest, found, () => lock.mayWrite());
  await manifest.update({ status: "running", finished_at: null, failure_class: null, error_code: null, error: null });
  return await runSession({ options, compute, folder, manifest, context, lock });
}
