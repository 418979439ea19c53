import type { Tokenizer } from "@trainer/tokenizers";
import { at } from "@trainer/disk";
import { BatchLoader, type LoadedText } from "../bins/batch-loader.js";
import { textsOf, type RunBins } from "../bins/bins-of-run.js";
import { documentLengths } from "../bins/document-lengths.js";
import { mixOf, weightsOf } from "../bins/mixture.js";
import { Disposables } from "../disposables.js";
import type { Learner } from "../model/learner.js";
import type { RunOptions } from "../options/options.js";
import type { Teacher } from "../model/teacher.js";
import { sharedVocabulary } from "../step/distillation.js";
import { endOfDocument } from "../step/end-of-document.js";
import type { PlannedTexts } from "../step/evaluate-texts.js";
import { planTexts } from "../step/planned-evaluation.js";
import { keptAnswers } from "./kept-answers.js";
import { openPairs } from "./run-pairs.js";
import type { Reporter } from "./reporter.js";
import { runBatchSize } from "./run-batch-size.js";
import type { Session } from "./run-context.js";

/** Data of a run: batches to train on, and the evaluated part of the other splits. */
export interface RunData extends Disposable {
  readonly loader: BatchLoader;
  /** Null if the run has none. */
  readonly splits: Readonly<Record<"validation" | "test", PlannedTexts | null>>;
  /** Names of the texts that are mixed; none where none are. */
  readonly sources: readonly string[];
  /** Tokens of a sequence. */
  readonly seqLen: number;
}

/** Token bins in the batches and windows that the run's model reads. */
export async function openRunData(
  session: Session,
  reporter: Reporter,
  {
    bins,
    tokenizer,
    learner,
    teacher,
  }: {
    readonly bins: RunBins;
    readonly tokenizer: Tokenizer;
    readonly learner: Learner;
    readonly teacher: Teacher | null;
  },
): Promise<RunData> {
  const { options, compute } = session;
  const { model } = learner;
  const { seed, evalTokens } = options;
  const { device } = compute;
  const seqLen = Math.min(options.maxSeqLen, model.contextLength);
  const documentEnd = options.maskDocuments ? endOfDocument(model, tokenizer) : null;
  const { vocabSize } = model;
  const batchSize = await runBatchSize(session, reporter, { seqLen, vocabSize, tokens: bins.counts.train.tokens });
  if (options.preference !== "none") return await openPairs(session, { bins, tokenizer, learner, seqLen, batchSize });
  const reading = { context: seqLen, stride: seqLen, batchSize, evalTokens, seed, documentEnd, device };
  const { sources, shares } = mixOf(options);
  const evaluation = async (split: "validation" | "test"): Promise<PlannedTexts | null> => {
    const texts = textsOf(bins, split);
    return texts && { texts: await planTexts(texts, tokenizer, reading), shares };
  };
  const splits = { validation: await evaluation("validation"), test: await evaluation("test") };
  const padId = tokenizer.specials.pad;
  using made = new Disposables();
  const vocabulary = teacher && sharedVocabulary(teacher.model, model);
  const sequences = { texts: bins.sources, vocabulary, seqLen, batchSize, documentEnd };
  const kept = made.use(await keptAnswers(session, reporter, sequences));
  const texts = await loadedTexts(bins, options, { seqLen, tokenizer, answers: kept.places });
  const reader = { seqLen, batchSize, shuffle: true, seed, padId, documentEnd, device };
  const loader = made.use(new BatchLoader(texts, reader));
  const owned = made.move();
  return { loader, splits, sources, seqLen, [Symbol.dispose]: () => owned[Symbol.dispose]() };
}

/** The texts that a run with these options is trained on. */
export async function loadedTexts(
  { sources }: RunBins,
  options: RunOptions,
  {
    seqLen,
    tokenizer,
    answers = [],
  }: { readonly seqLen: number; readonly tokenizer: Tokenizer; readonly answers?: readonly LoadedText["answers"][] },
): Promise<LoadedText[]> {
  const weights = weightsOf(options);
  const texts: LoadedText[] = [];
  for (const [i, { train: bin }] of sources.entries()) {
    const lengths = options.curriculum === "length" ? await documentLengths(bin, seqLen, tokenizer.specials.eos) : null;
    texts.push({ bin, weight: at(weights, i), lengths, answers: answers[i] });
  }
  return texts;
}
