// What can be asked for, as schemas: loads no native code, so that a request can be checked and a --help printed at once.
export { DocumentSeparator } from "./corpus/document-separator.js";
export { leftOutSentences, type LeftOut } from "./corpus/left-out.js";
export { CorpusFormat, formatOf, isGzip, READ_NAMES, refuseMarked } from "./corpus/file-kinds.js";
export { fileIdOf } from "./corpus/corpus-cache.js";
export { nearest } from "./home/nearest.js";
export { Bos, type BosChoice } from "./use/bos.js";
export { ChatOptions, type ChatInput } from "./use/chat-options.js";
export { EvaluateOptions, type EvaluateInput } from "./use/evaluate-options.js";
export { GenerateOptions, type GenerateInput } from "./use/generate-options.js";
export {
  precisionChoices,
  weightChoices,
  type DeviceChoice,
  type PrecisionChoice,
  type WeightChoice,
} from "./run/compute-choices.js";
export { ScoreOptions, type ScoreInput } from "./use/score-options.js";
export { parseTrainOptions, TrainOptions, type TrainInput } from "./run/options.js";
export { vocabSizeFor } from "./run/vocab-size.js";
