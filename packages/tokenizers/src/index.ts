export type { TokenizerBackend, TokenizerFile, TrainableBackend } from "./backend.js";
export { BpeTokenizer } from "./bpe.js";
export { CharTokenizer } from "./char.js";
export { codePoints, missingCharacters } from "./characters.js";
export { TokenizerError, type TokenizerErrorCode } from "./errors.js";
export { extendTokenizer, type ExtendOptions } from "./extend-tokenizer.js";
export { NO_FRAME } from "./frame.js";
export { filesOfGguf } from "./gguf/from-gguf.js";
export { tokenTypes, type GgufNormalizer, type GgufTokenizer } from "./gguf/gguf-tokenizer.js";
export { tokenizerToGguf, type ToGgufOptions, type WrittenTokenizer } from "./gguf/to-gguf.js";
export { loadTokenizer } from "./load.js";
export { nativeParts } from "./native-parts.js";
export { backends, registerTokenizer } from "./registry.js";
export type { SentencePieceOptionsGiven } from "./sentencepiece-options.js";
export { loadSentencePiece, SentencePieceTokenizer } from "./sentencepiece.js";
export { COMPANIONS } from "./save-files.js";
export { comesBack, roundTrip, unknownCharactersOf, type RoundTrip } from "./round-trip.js";
export {
  longestTokens,
  tokenizerStatistics,
  type LengthBucket,
  type StatisticsOptions,
  type TokenCount,
  type TokenizerStatistics,
} from "./statistics.js";
export { DEFAULT_SPECIALS } from "./specials.js";
export { StreamDecoder } from "./stream-decoder.js";
export type { Text } from "./text-batches.js";
export type {
  BatchOptions,
  Documents,
  EncodedBatch,
  EncodedText,
  EncodeOptions,
  Frame,
  Specials,
  Tokenizer,
} from "./tokenizer.js";
export { trainBpe, type TrainBpeOptions } from "./train-bpe.js";
export { trainChar, type TrainCharOptions } from "./train-char.js";
export { trainSentencePiece, type TrainSentencePieceOptions } from "./train-sentencepiece.js";
export type { MethodOptions, SkippedLines, TrainOptions, TrainProgress } from "./train-options.js";
export { trainTokenizer } from "./train-tokenizer.js";
