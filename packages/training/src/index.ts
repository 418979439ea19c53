export { openCorpus, type Corpus, type ReadOptions } from "./corpus/corpus.js";
export { CorpusError, type CorpusErrorCode } from "./corpus/corpus-error.js";
export type { DocumentMode } from "./corpus/cut-documents.js";
export { planSplit, SPLITS, SplitOptions, type Split, type SplitPlan } from "./corpus/split-plan.js";
export { tokenizerTrainingText } from "./corpus/training-text.js";
export { BatchLoader, LoaderState, type Batch, type LoaderOptions } from "./bins/batch-loader.js";
export { buildBins, type Bins, type BinsProgress, type BuildBinsOptions } from "./bins/build-bins.js";
export type { TokenBin } from "./bins/token-bin.js";
