import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isFolder, makeFolder, syncFolder, tryToWrite } from "@trainer/disk";
import type { EnsureContext } from "../artifact/ensure-run.js";
import { corpusPaths } from "../corpus/corpus-paths.js";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import type { ResolvedRun } from "../home/resolve-run.js";
import { resolveTokenizer } from "../home/resolve-tokenizer.js";
import { isArchived } from "../home/run-log-files.js";
import { exclusive } from "./exclusive.js";
import { checkCorpus } from "./check-corpus.js";
import { checkDrift } from "./drift.js";
import type { RunResult } from "./events.js";
import { fetching } from "../home/fetching.js";
import { checkHomeFormat, claimHome } from "../home/home-format.js";
import { FileLock } from "../home/file-lock.js";
import { ManifestFile } from "../home/manifest-file.js";
import { newManifest } from "./new-manifest.js";
import { parseTrainOptions, type RunOptions, type TrainInput, type TrainOptions } from "../options/options.js";
import { resolvePretrained, resolveTeacher, seqLenOf } from "../model/pretrained.js";
import { resolveCompute } from "../step/precision.js";
import { hasSaved } from "../checkpoint/has-saved.js";
import { clearUnsaved, hasBegun, newRunId, runFolder, type RunFolder } from "../home/run-folder.js";
import type { RunContext } from "./run-context.js";
import { RunCorpus } from "../bins/run-corpus.js";
import { runSession } from "./session.js";

/**
 * Trains a model on a corpus, into `<home>/models/<run id>`. Resolves when it is completed or, the signal being aborted,
 * interrupted; the run can then be resumed.
 *
 * @throws TrainingError. What is wrong with the request is found before there is a run; a later failure is also in the
 * run's manifest, with its class, and a `failed` event.
 */
export const train = (input: TrainInput, context: RunContext): Promise<RunResult> =>
  exclusive(() => begin(input, context));

async function begin(input: TrainInput, context: RunContext): Promise<RunResult> {
  const parsed = parseTrainOptions(input);
  const where = fetching(context);
  using text = await corpusPaths(parsed, where);
  const paths = text.paths.map((path) => resolve(path)); // so that the run can be resumed from anywhere
  const corpus = new RunCorpus({ ...parsed, corpus: paths }, where.home);
  await checkCorpus(corpus, context.onEvent);
  const options = { ...parsed, corpus: paths, ...(await origins(parsed, where)) };
  const compute = resolveCompute(options.device, options.precision);
  const folder = runFolder(context.home, options.runId ?? newRunId(options.modelFamily, options.modelSize));
  await create(folder, where.home);
  using lock = new FileLock(folder.lock, folder.id, context.fence);
  await refuseSaved(folder); // nobody could save anything by now, but since it was looked at somebody may have
  if (await hasBegun(folder)) await clearUnsaved(folder);
  const fresh = await newManifest(folder.id, options, compute);
  const manifest = new ManifestFile(folder.manifest, fresh, () => lock.assertOwned());
  await manifest.update({});
  return await runSession({ options, compute, folder, manifest, context, lock, corpus });
}

/** Origin of tokenizer and weights, and the teacher, which must be there, and length of the sequences. */
async function origins(
  options: TrainOptions,
  where: EnsureContext,
): Promise<Pick<RunOptions, "tokenizer" | "pretrainedRunId" | "teacher" | "maxSeqLen">> {
  const tokenizer = options.tokenizer === null ? null : await resolveTokenizer(options.tokenizer, where.home);
  const pretrained = await resolvePretrained(options, where);
  const maxSeqLen = seqLenOf(options, pretrained);
  const teacher = await resolveTeacher({ ...options, maxSeqLen }, where);
  await checkDrift(options, pretrained);
  return {
    tokenizer: tokenizer && (tokenizer.id ?? tokenizer.path),
    pretrainedRunId: pretrained && nameOf(pretrained),
    teacher: teacher && nameOf(teacher),
    maxSeqLen,
  };
}

/** The id of a run; of weights from elsewhere their folder. */
const nameOf = ({ id, dir }: ResolvedRun): string => id ?? dir;

/** Makes the run's folder. One may be there: of a run that is queued, or of one that was begun and saved nothing. */
async function create(folder: RunFolder, home: Home): Promise<void> {
  if (await isArchived(home, folder.id)) {
    const message = `there was a run ${folder.id}, which is archived: choose another run id, or \`trainer runs rm ${folder.id}\``;
    throw new TrainingError("CONFLICT", message);
  }
  await checkHomeFormat(home.root);
  try {
    await tryToWrite(dirname(folder.path));
    await claimHome(home.root);
    await makeFolder(dirname(folder.path));
    await mkdir(folder.path);
    await syncFolder(dirname(folder.path));
  } catch (error) {
    if (!(await isFolder(folder.path))) throw cannotMake(folder, TrainingError.from(error));
    await refuseSaved(folder);
  }
}

const cannotMake = ({ path }: RunFolder, { code, failureClass, message, cause }: TrainingError) =>
  new TrainingError(code, `the run's folder ${path} cannot be made (${message}): choose another home`, {
    failureClass,
    cause,
  });

/** @throws TrainingError CONFLICT for a run that can be resumed, or used */
async function refuseSaved(folder: RunFolder): Promise<void> {
  if (!(await hasSaved(folder))) return;
  const message = `there is a run ${folder.id} already (${folder.path}): resume it, or choose another run id`;
  throw new TrainingError("CONFLICT", message);
}
