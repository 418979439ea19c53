export { ChatOptions, type ChatInput } from "./chat-options.js";
export {
  conversationFormats,
  corpusFormats,
  dedupChoices,
  curricula,
  devices,
  documents,
  lrDecayShapes,
  formatChoices,
  preferenceChoices,
  type PreferenceChoice,
  lrSchedules,
  precisionChoices,
  weightChoices,
  type ConversationChoice,
  type ConversationFormat,
  type CorpusFormat,
  type DedupChoice,
  type Curriculum,
  type DeviceChoice,
  type FormatChoice,
  type LrDecayShape,
  type LrSchedule,
  type PrecisionChoice,
  type WeightChoice,
} from "./choices.js";
export { contradiction } from "./contradiction.js";
export { ByteSize } from "./byte-size.js";
export { type DocumentSeparator } from "./document-separator.js";
export { Duration } from "./duration.js";
export { EvaluateOptions, type EvaluateInput } from "./evaluate-options.js";
export { optionFacts, type OptionFacts, type OptionKind, type Registry } from "./facts.js";
export { GenerateOptions, type GenerateInput } from "./generate-options.js";
export { camel, snake } from "@trainer/disk/case";
export { camelKeys, snakeKeys, type CamelKeys, type Snake, type SnakeKeys } from "./keys.js";
export { most } from "./most.js";
export { planDefaults } from "./plan-defaults.js";
export { grouped, preset, ungrouped } from "./presets.js";
export { ResumeOptions, type ResumeInput } from "./resume-options.js";
export { samplePrompts } from "./sample-prompts.js";
export { ScoreOptions, type ScoreInput } from "./score-options.js";
export { flaggedDimensions, terminalDefaults, type FlaggedDimension } from "./terminal-defaults.js";
export { mixProblem, sourceWeight, type SourceWeight } from "./source-weights.js";
export { type BosChoice } from "./text-around.js";
export { DEFAULT_SEQ_LEN, notInRequests, TrainOptions } from "./train-options.js";
