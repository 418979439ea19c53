// What can be asked for, held to what is registered: loads no native code, so that a request can be checked and a --help printed at once.
export type { LeftOut } from "./home/text-losses.js";
export { MASKS, type Mask } from "./corpus/clean/masks.js";
export { leftOutSentences } from "./corpus/left-out.js";
export { archiveOf, compressionOf, formatOf, namedFormat, READ_FILES, refuseMarked } from "./corpus/file-kinds.js";
export { fileIdOf } from "./corpus/corpus-cache.js";
export { nearest } from "./home/nearest.js";
export { methodOf, parseTrainOptions, type TrainInput, type TrainOptions } from "./options/options.js";
export { vocabSizeFor } from "./options/vocab-size.js";
export { sourceLines } from "./home/source-figures.js";
