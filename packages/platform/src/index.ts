export { background } from "./background.js";
export { envField, readConfig, type Env } from "./config/env.js";
export { DEFAULT_SOURCE, loadSettings, type LoadedSettings, type SettingSource } from "./config/load.js";
export { namedPlugins, PluginSettings } from "./config/plugins.js";
export { settingMeta } from "./config/setting.js";
export { withoutSecrets } from "./config/without-secrets.js";
export { AppError, STATUS, type ErrorCode } from "./errors.js";
export { decodeEvent, encodeEvent, TrainerEvent } from "./events.js";
export { parseJson, toJson, toWireJson } from "./json.js";
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
export { percentOf } from "./percent-of.js";
export { progressOf } from "./progress-of.js";
export { Capabilities } from "./schemas/capabilities.js";
export { CorpusEntry, CorpusList, CorpusRemoved, CorpusReport, CorpusUpload } from "./schemas/corpus.js";
export { anyNumber } from "./schemas/fields.js";
export { FileInfo, Sha256 } from "./schemas/file-info.js";
export { RunId, TokenizerId } from "./schemas/ids.js";
export { EvalMetrics, MetricsHistory, MetricsRow, StepMetrics } from "./schemas/metrics.js";
export { refusalOf } from "./schemas/refusal.js";
export {
  ArtifactPointer,
  CancelAccepted,
  JobState,
  jobStates,
  ListedRun,
  ManifestAnswer,
  RunList,
  RunNotes,
  RunProgress,
  RunRemoved,
  RunSort,
  runSorts,
  RunStatus,
} from "./schemas/run.js";
export {
  EvaluationHistory,
  EvaluationRecord,
  RunFile,
  RunFileList,
  SampleList,
  SampleRecord,
  TensorTable,
} from "./schemas/run-files.js";
export { StreamPiece } from "./schemas/stream.js";
export {
  EncodeRequest,
  EncodeResponse,
  EncodeResult,
  TokenizerAccepted,
  TokenizerInfo,
  TokenizerList,
  tokenizerStates,
  TokenizerStats,
  TokenizerTrainRequest,
  tokenizerTrainRequest,
} from "./schemas/tokenizer.js";
export { TrainAccepted, TrainRequest, trainRequest, TrainSettings } from "./schemas/train.js";
export {
  ChatHistory,
  ChatRequest,
  ChatResponse,
  ChatResult,
  ChatTurn,
  EvaluateRequest,
  EvaluateResponse,
  GenerateRequest,
  GenerateResponse,
  GenerateResult,
  ScoreRequest,
  ScoreResponse,
  ScoreResult,
} from "./schemas/use.js";
export { UserId, UserIdText } from "./schemas/user-id.js";
export type { Known } from "./schemas/wire.js";
export { storedRequest, type StoredRequest } from "./stored-request.js";
export { Watchdog } from "./watchdog.js";
