export { leftOutOf, openCorpus, type Corpus, type OpenOptions, type ReadOptions } from "./corpus/corpus.js";
export type { LeftOut } from "./home/text-losses.js";
export { leftOutSentences, noLosses } from "./corpus/left-out.js";
export { readTextFile, readTextStream, textPieces, type WholeText } from "./corpus/read-whole-text.js";
export { corpusStatistics, type CorpusStatistics } from "./corpus/statistics.js";
export { deduplicate, type Deduplication, type ShownCopy, type ShownDocument } from "./corpus/dedup/deduplicate.js";
export { cleanCorpus, type Cleaning } from "./corpus/clean/clean-corpus.js";
export type { Masked, Removed } from "./corpus/clean/tally.js";
export { findLeak, type Leak, type ShownLeak } from "./corpus/leak/find-leak.js";
export type { ScriptCount } from "./corpus/script-counter.js";
export { cachedPath, fileIdOf } from "./corpus/corpus-cache.js";
export { addCorpus, type AddContext } from "./corpus/add-corpus.js";
export { corpusPaths, type CorpusPaths } from "./corpus/corpus-paths.js";
export { fetchCorpus, type FetchedCorpus } from "./corpus/fetch-corpus.js";
export { CorpusError, type CorpusErrorCode } from "./corpus/corpus-error.js";
export type { DocumentMode } from "./corpus/cut-documents.js";
export { SPLITS, type Split } from "./corpus/held-out.js";
export { planSplit, SplitOptions, type SplitPlan } from "./corpus/split-plan.js";
export { type Batch } from "./bins/batch.js";
export { BatchLoader, LoaderState, type LoadedText, type LoaderOptions } from "./bins/batch-loader.js";
export { binsOfRun, type RunBins } from "./bins/bins-of-run.js";
export { buildBins, type Bins, type BinsProgress, type BuildBinsOptions } from "./bins/build-bins.js";
export type { TokenBin } from "./bins/token-bin.js";
export { TrainingError, type Failure, type FailureClass } from "./errors.js";
export { parseTrainOptions, TrainOptions, type TrainInput } from "./options/options.js";
export { train } from "./run/train.js";
export { resume } from "./run/resume.js";
export type { LogRecord } from "./run/logs.js";
export type { RunContext } from "./run/run-context.js";
export type { RunEvent, RunResult, StepDone } from "./run/events.js";
export { figuresOrUndefined, type EvalMetrics, type StepMetrics } from "./home/metrics-lines.js";
export { readManifest, RunManifest, type RunStatus } from "./home/manifest.js";
export type { StepProfile } from "./step/step-profile.js";
export { queueStep, trainStep, type QueuedStep, type Stepper, type StepResult } from "./step/step.js";
export { StepRecorder, stepRecorder } from "./step/step-recorder.js";
export { evaluateSplit, type EvaluationData, type SplitEvaluation } from "./step/evaluate-split.js";
export { inPrecision, resolveCompute, suitablePrecision, type Compute } from "./step/precision.js";
export { archiveName, archiveRoot } from "./artifact/tar/names.js";
export type { UnpackLimits } from "./artifact/tar/limits.js";
export { archivedFileId, recordArchive } from "./artifact/archived.js";
export { ensureRun, acquireRun } from "./artifact/ensure-run.js";
export type { DataBank, FetchContext, FetchProgress, TransferOptions, TransferProgress } from "./home/data-bank.js";
export { sendArtifact, type SendContext, type SentArtifact } from "./artifact/send.js";
export { packRun, type Packed } from "./artifact/pack.js";
export { unpackRun, type UnpackOptions } from "./artifact/unpack.js";
export {
  cachedCorpora,
  cleanCorpusCache,
  type CachedCorpus,
  type CorpusCacheContext,
} from "./cleanup/clean-corpus-cache.js";
export { cleanBins } from "./cleanup/clean-bins.js";
export { cleanRun, cleanRuns } from "./cleanup/clean-runs.js";
export { cleanTokenizers } from "./cleanup/clean-tokenizers.js";
export { listTokenizers, type TokenizerSummary } from "./tokenizer/list-tokenizers.js";
export { removeTokenizer } from "./cleanup/remove-tokenizer.js";
export {
  BinsCleanupConfig,
  CleanupConfig,
  CorpusCacheCleanupConfig,
  TokenizerCleanupConfig,
} from "./cleanup/config.js";
export type { CleanupContext, CleanupRecord, Decision, KeepReason } from "./cleanup/report.js";
export { openHome, type Home } from "./home/home.js";
export { TextRoot } from "./home/text-root.js";
export { hasSaved } from "./checkpoint/has-saved.js";
export { hasBegun, runFolder, type RunFolder } from "./home/run-folder.js";
export { ID_RULE, isId } from "@trainer/disk";
export { listRuns, summarizeRun, type RunSummary } from "./home/list-runs.js";
export { nearest } from "./home/nearest.js";
export { removeRun } from "./home/remove-run.js";
export { findRecord, type RunRecord } from "./home/find-record.js";
export { runLogFiles, type RunLogFiles } from "./home/run-log-files.js";
export { nameRun } from "./home/name-run.js";
export { resolveRun, type ResolvedRun } from "./home/resolve-run.js";
export { skippedWarning } from "./tokenizer/skipped-lines.js";
export { vocabSizeFor } from "./options/vocab-size.js";
export { resolveTokenizer, type ResolvedTokenizer } from "./home/resolve-tokenizer.js";
export { findBatch, type FindBatchContext, type FoundBatch } from "./batch-size/find-batch.js";
export { SearchEvent } from "./batch-size/search-request.js";
export { planFields, planTraining, type Plan, type PlanContext } from "./plan/plan.js";
export { sweepFields, type SweepResult, type SweptTrial } from "./sweep/run-sweep.js";
export { sweep, type SweepContext } from "./sweep/sweep.js";
export { drawTrials, usualTrials, type TrialSettings, type Vary } from "./sweep/trials.js";
export { findLr, foundLrFields, LR_RANGE, type FindLrContext, type FoundLr } from "./lr-range/find-lr.js";
export type { LrRange, RangePoint } from "./lr-range/range-test.js";
export { estimateFields, estimateTraining, type Estimate, type EstimateContext } from "./estimate/estimate.js";
export { textFrame } from "./inference/begin.js";
export {
  chat,
  chatPrompt,
  promptOf,
  type ChatContext,
  type ChatMessage,
  type ChatPrompt,
  type ChatReply,
} from "./inference/chat.js";
export type { PromptMessage } from "./conversation/chat-template.js";
export { complete, promptTokens, type Completion, type CompletionInput } from "./inference/complete.js";
export type { ExpectedToken, LikelyToken } from "./inference/expected-token.js";
export type { SequenceEvent, Steering } from "./inference/sequence.js";
export type { Comparison, Difference } from "./inference/comparison.js";
export type { Diversity } from "./inference/diversity.js";
export { evaluate, type EvaluateContext, type Evaluation } from "./inference/evaluate.js";
export { exportGguf, type ExportedGguf } from "./inference/gguf/export-gguf.js";
export { exportRun, type Exported } from "./inference/export-run.js";
export {
  generate,
  generateMany,
  generateManyStream,
  generateStream,
  promptIds,
  type FinishReason,
  type Generated,
  type GenerateEvent,
} from "./inference/generate.js";
export type { Lengths } from "./bins/lengths.js";
export { openModel, type OpenModel } from "./inference/open-model.js";
export type { QuantizationLoss } from "./inference/quantize-opened.js";
export type { Sample } from "./inference/samples.js";
export type { CharacterScore } from "./inference/per-character.js";
export type { Fidelity } from "./inference/fidelity.js";
export { perplexityScorer } from "./inference/perplexity-scorer.js";
export { score, type Score } from "./inference/score.js";
export {
  ChatOptions,
  EvaluateOptions,
  GenerateOptions,
  samplePrompts,
  ScoreOptions,
  type ChatInput,
  type EvaluateInput,
  type GenerateInput,
  type ScoreInput,
} from "@trainer/options";
export { TokenizerManifest } from "./tokenizer/manifest.js";
export { contentId, saveTokenizer } from "./tokenizer/save-tokenizer.js";
export { tokenizerShare } from "./tokenizer/training-progress.js";
export {
  extendOnCorpus,
  type Base,
  type CorpusExtensionOptions,
  type ExtendedTokenizer,
} from "./tokenizer/extend-on-corpus.js";
export type { CorpusTokenizer } from "./tokenizer/learn-on-corpus.js";
export { trainOnCorpus, type CorpusTokenizerOptions } from "./tokenizer/train-on-corpus.js";
