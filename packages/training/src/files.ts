// The content of a home, and how to read and change it without training: loads no native code, for processes that do
// not train.
export { Failure, newFailure, TrainingError, type FailureClass } from "./errors.js";
export { noText, TextRoot, type TextKind } from "./home/text-root.js";
export { assertTextFile, assertTextName, assertTextStart } from "./corpus/assert-text-file.js";
export { inspectCorpus, type CorpusInspection } from "./corpus/inspect-corpus.js";
export { leftOutSentences, noLosses } from "./corpus/left-out.js";
export { bytesOf, measure } from "./home/folders.js";
export { exportedFolder, listExported, type ExportedModel } from "./home/exported-models.js";
export { binsFolder, openHome, type Home } from "./home/home.js";
export { ID_RULE, isId } from "@trainer/disk";
export { listRuns, summarizeRun, type RunSummary } from "./home/list-runs.js";
export { LATEST, meantBy, nameRun, newestOf } from "./home/name-run.js";
export { removeRun } from "./home/remove-run.js";
export { archivedFiles, isArchived, runLogFiles, type RunLogFiles } from "./home/run-log-files.js";
export type { HubFile, HubRepository, ModelHub } from "./artifact/pull/hub.js";
export { pullModel, type PulledModel, type PullOptions } from "./artifact/pull/pull-model.js";
export { archiveName } from "./artifact/tar/names.js";
export { packRun, type Packed } from "./artifact/pack.js";
export { openExport, type ExportChoice, type OpenExport } from "./artifact/open-export.js";
export {
  OF_SETTINGS,
  runSweep,
  sweepFields,
  type Kept,
  type SweepRequest,
  type SweepResult,
  type SweptTrial,
  type TrialTrainer,
} from "./sweep/run-sweep.js";
export type { Trial } from "./sweep/sweep-state.js";
export { drawTrials, usualTrials, type TrialSettings, type Vary } from "./sweep/trials.js";
export { bitsOf, type TrialPoint } from "./sweep/validations.js";
export { checkNewEnd } from "./run/new-end.js";
export type { RunEvent } from "./run/events.js";
export { COMMIT, CommitManifest, parseCheckpointName } from "./checkpoint/manifest.js";
export { archivedFileId } from "./artifact/archived.js";
export { resolveRun, type ResolvedRun } from "./home/resolve-run.js";
export { TokenizerManifest } from "./tokenizer/manifest.js";
export { whyNotWritable } from "@trainer/disk";
export { checkHomeFormat, claimHome } from "./home/home-format.js";
export { isHeld, lastFence, FileLock } from "./home/file-lock.js";
export { readManifest, RunManifest, type RunStatus } from "./home/manifest.js";
export { readStanding, type Standing } from "./home/read-standing.js";
export { evalLine, stepLine } from "./home/metrics-lines.js";
export { recordFailure } from "./home/record-failure.js";
export { RequestStore } from "./home/request-store.js";
export { hasBegun, runFolder, type RunFolder } from "./home/run-folder.js";
export {
  BinsCleanupConfig,
  CleanupConfig,
  CorpusCacheCleanupConfig,
  TokenizerCleanupConfig,
} from "./cleanup/config.js";
export { cleanBins } from "./cleanup/clean-bins.js";
export { cachedCorpora, cleanCorpusCache } from "./cleanup/clean-corpus-cache.js";
export { cleanTokenizers } from "./cleanup/clean-tokenizers.js";
export type { CleanupContext, CleanupRecord } from "./cleanup/report.js";
export { cleanRuns } from "./cleanup/clean-runs.js";
export { removeTokenizer } from "./cleanup/remove-tokenizer.js";
export { sendArtifact } from "./artifact/send.js";
export { unpackRun } from "./artifact/unpack.js";
export { addCorpus } from "./corpus/add-corpus.js";
export { leftOutOf, openCorpus } from "./corpus/corpus.js";
export { corpusPaths } from "./corpus/corpus-paths.js";
export { readTextFile, readTextStream, textPieces } from "./corpus/read-whole-text.js";
export { corpusStatistics } from "./corpus/statistics.js";
export { conversationStatistics, type ConversationStatistics } from "./corpus/conversation-statistics.js";
export { firstDocuments, type DocumentPreview } from "./corpus/first-documents.js";
export { deduplicate, type Deduplication, type ShownCopy, type ShownDocument } from "./corpus/dedup/deduplicate.js";
export { cleanCorpus, type Cleaning } from "./corpus/clean/clean-corpus.js";
export type { Masked, Removed } from "./corpus/clean/tally.js";
export { findLeak, type Leak, type ShownLeak } from "./corpus/leak/find-leak.js";
export { LinesSince } from "./tracking/lines-since.js";
export { PointLine, type Point } from "./tracking/points.js";
export { bytesField, intField, message } from "./tracking/protobuf.js";
export { RunTimes } from "./tracking/times.js";
export { exportEvents } from "./tracking/export-events.js";
export { plainSettings } from "./tracking/plain-settings.js";
export { findRecord } from "./home/find-record.js";
export { resolveBase, resolveTokenizer } from "./home/resolve-tokenizer.js";
export { vocabSizeFor } from "./options/vocab-size.js";
export { listTokenizers } from "./tokenizer/list-tokenizers.js";
export { contentId, saveTokenizer } from "./tokenizer/save-tokenizer.js";
export { skippedWarning } from "./tokenizer/skipped-lines.js";
export { extendOnCorpus, type ExtendedTokenizer } from "./tokenizer/extend-on-corpus.js";
export { trainOnCorpus } from "./tokenizer/train-on-corpus.js";
