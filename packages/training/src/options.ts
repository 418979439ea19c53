// What can be asked for, as schemas: loads no native code, so that a request can be checked and a --help printed at once.
export { DocumentSeparator } from "./corpus/document-separator.js";
export type { LeftOut } from "./home/text-losses.js";
export { leftOutSentences } from "./corpus/left-out.js";
export { CorpusFormat, formatOf, isGzip, READ_NAMES, refuseMarked } from "./corpus/file-kinds.js";
export { fileIdOf } from "./corpus/corpus-cache.js";
export { nearest } from "./home/nearest.js";
export { Bos, type BosChoice } from "./options/bos.js";
export { ChatOptions, type ChatInput } from "./options/chat-options.js";
export { EvaluateOptions, type EvaluateInput } from "./options/evaluate-options.js";
export { GenerateOptions, type GenerateInput } from "./options/generate-options.js";
export {
  precisionChoices,
  weightChoices,
  type DeviceChoice,
  type PrecisionChoice,
  type WeightChoice,
} from "./options/compute-choices.js";
export { ScoreOptions, type ScoreInput } from "./options/score-options.js";
export { parseTrainOptions, TrainOptions, type TrainInput } from "./options/options.js";
export { vocabSizeFor } from "./options/vocab-size.js";
