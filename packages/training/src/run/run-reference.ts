import type { Tokenizer } from "@trainer/tokenizers";
import type { Bins } from "../bins/build-bins.js";
import { hasSaved } from "../checkpoint/has-saved.js";
import { fetching } from "../home/fetching.js";
import type { Learner } from "../model/learner.js";
import { withModelAtStart } from "../model/model-at-start.js";
import { makeReference, readReference, type Reference } from "../preference/reference.js";
import type { Session } from "./run-context.js";

interface Referring {
  readonly bins: Bins;
  readonly tokenizer: Tokenizer;
  /** The run's, before a checkpoint is restored over it. */
  readonly learner: Learner;
  readonly seqLen: number;
  readonly batchSize: number;
  readonly padId: number | null;
}

/**
 * What the model that a run began with makes of its pairs: of a run that goes on as its folder has it, or made again by
 * the weights that it started from.
 */
export async function referenceOf(
  session: Session,
  { bins, tokenizer, learner, seqLen, batchSize, padId }: Referring,
): Promise<Reference> {
  const { options, folder, compute, context } = session;
  const reading = { seqLen, batchSize, padId, compute, signal: context.signal };
  const begun = await hasSaved(folder);
  const kept = begun ? await readReference(folder.path, bins) : null;
  if (kept !== null) return kept;
  // A new adapter changes nothing, so until a checkpoint is restored the model is its base.
  if (!begun || options.loraRank > 0) return await makeReference(folder.path, bins, learner.model, reading);
  return await withModelAtStart(session, tokenizer, fetching(context), (model) =>
    makeReference(folder.path, bins, model, reading),
  );
}
