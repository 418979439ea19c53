export { BpeTokenizer } from "./bpe.js";
export { TokenizerError, type TokenizerErrorCode } from "./errors.js";
export { loadTokenizer } from "./load.js";
export { backends, type TokenizerKind } from "./registry.js";
export {
  longestTokens,
  tokenizerStatistics,
  type LengthBucket,
  type StatisticsOptions,
  type TokenCount,
  type TokenizerStatistics,
} from "./statistics.js";
export { StreamDecoder } from "./stream-decoder.js";
export type { Text } from "./text-batches.js";
export type { BatchOptions, Documents, EncodedBatch, Specials, Tokenizer } from "./tokenizer.js";
export { trainBpe, type TrainBpeOptions, type TrainProgress } from "./train-bpe.js";
