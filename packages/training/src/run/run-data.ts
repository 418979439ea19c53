import type { Tokenizer } from "@trainer/tokenizers";
import { BatchLoader } from "../bins/batch-loader.js";
import type { Bins } from "../bins/build-bins.js";
import type { TokenBin } from "../bins/token-bin.js";
import type { Learner } from "../model/learner.js";
import { endOfDocument } from "../step/end-of-document.js";
import { planEvaluation, type PlannedEvaluation } from "../step/planned-evaluation.js";
import type { Reporter } from "./reporter.js";
import { runBatchSize } from "./run-batch-size.js";
import type { Session } from "./run-context.js";

/** Data of a run: batches to train on, and the evaluated part of the other splits. */
export interface RunData extends Disposable {
  readonly loader: BatchLoader;
  /** Null if the run has none. */
  readonly splits: Readonly<Record<"validation" | "test", PlannedEvaluation | null>>;
  /** Tokens of a sequence. */
  readonly seqLen: number;
}

/** Token bins in the batches and windows that the run's model reads. */
export async function openRunData(
  session: Session,
  reporter: Reporter,
  { bins, tokenizer, learner }: { readonly bins: Bins; readonly tokenizer: Tokenizer; readonly learner: Learner },
): Promise<RunData> {
  const { options, compute } = session;
  const { model } = learner;
  const { seed, evalTokens } = options;
  const { device } = compute;
  const seqLen = Math.min(options.maxSeqLen, model.contextLength);
  const documentEnd = options.maskDocuments ? endOfDocument(model, tokenizer) : null;
  const { vocabSize } = model;
  const batchSize = await runBatchSize(session, reporter, { seqLen, vocabSize, tokens: bins.train.tokens });
  const reading = { context: seqLen, stride: seqLen, batchSize, evalTokens, seed, documentEnd, device };
  const evaluation = async (bin: TokenBin | null) => bin && planEvaluation(bin, tokenizer, reading);
  const splits = { validation: await evaluation(bins.validation), test: await evaluation(bins.test) };
  const padId = tokenizer.specials.pad;
  const loader = new BatchLoader(bins.train, { seqLen, batchSize, shuffle: true, seed, padId, documentEnd, device });
  return { loader, splits, seqLen, [Symbol.dispose]: () => loader[Symbol.dispose]() };
}
