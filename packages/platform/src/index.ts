export * from "./browser.js";
export { envField, readConfig, type Env } from "./config/env.js";
export { DEFAULT_SOURCE, loadSettings, type LoadedSettings, type SettingSource } from "./config/load.js";
export { namedPlugins, PluginSettings } from "./config/plugins.js";
export { settingMeta } from "./config/setting.js";
export { readToml, type TomlText } from "./config/toml.js";
export { withoutSecrets } from "./config/without-secrets.js";
export { AppError, STATUS, type ErrorCode } from "./errors.js";
export { decodeEvent, encodeEvent, TrainerEvent } from "./events.js";
export { toWireJson } from "./json.js";
export { withoutCredentials } from "./without-credentials.js";
export { logOptions } from "./log.js";
export { isLoopback } from "./loopback.js";
export {
  jobData,
  jobs,
  queues,
  QueueSettings,
  RESULT_TTL_SECONDS,
  type JobKind,
  type Jobs,
  type QueueName,
} from "./queue.js";
export { QueuedTokenizers, queuedTokenizersFolder, type QueuedTokenizer } from "./queued-tokenizers.js";
export { EVENTS_CHANNEL, keys, runChannel } from "./redis-keys.js";
export { spanAttributes, traceData, traceparentIn } from "./job-trace.js";
export { availableMemory, diskSpace, vectorInstructions, type DiskSpace } from "./machine.js";
export { neededByJob } from "./needed-by-job.js";
export { percentOf } from "./percent-of.js";
export { progressOf } from "./progress-of.js";
export { EstimateResult } from "./schemas/estimate.js";
export {
  AnswerToken,
  ChatCompletion,
  ChatCompletionRequest,
  Completion,
  CompletionRequest,
  Detokenized,
  DetokenizeRequest,
  Logprobs,
  OpenAiFailure,
  OpenAiModel,
  OpenAiModelList,
  OpenAiQuestion,
  OpenAiResult,
  OpenAiTokenizer,
  Tokenized,
  TokenizeRequest,
  type SamplingRequest,
} from "./schemas/openai.js";
export { planRequest, PlanResult } from "./schemas/plan.js";
export { anyNumber } from "./schemas/fields.js";
export { FileInfo, Sha256 } from "./schemas/file-info.js";
export { refusalOf } from "./schemas/refusal.js";
export { ArtifactPointer } from "./schemas/run.js";
export { StreamPiece } from "./schemas/stream.js";
export { Engine, storedKinds, WorkerPresence } from "./schemas/system.js";
export { EncodeResult, tokenizerStates, TokenizerStats, tokenizerTrainRequest } from "./schemas/tokenizer.js";
export {
  keptSettings,
  saidSettings,
  textsNamed,
  trainRequest,
  TrainSettings,
  unwrapped,
  type CorpusFields,
} from "./schemas/train.js";
export { UserId, UserIdText } from "./schemas/user-id.js";
export type { Known } from "./schemas/wire.js";
export { storedRequest, type StoredRequest } from "./stored-request.js";
export { Watchdog } from "./watchdog.js";
