// What a page in a browser needs: schemas and pure functions, nothing of Node.js.
export { background } from "./background.js";
export { parseJson, toJson } from "./json.js";
export { Capabilities } from "./schemas/capabilities.js";
export { CorpusEntry, CorpusList, CorpusRemoved, CorpusReport, CorpusUpload } from "./schemas/corpus.js";
export { EstimateResponse } from "./schemas/estimate.js";
export { PlanRequest, PlanResponse } from "./schemas/plan.js";
export { ModelId, RunId, TokenizerId } from "./schemas/ids.js";
export { EvalMetrics, MetricsHistory, MetricsRow, StepMetrics } from "./schemas/metrics.js";
export {
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
  EncodeRequest,
  EncodeResponse,
  TokenizerAccepted,
  TokenizerInfo,
  TokenizerList,
  Vocabulary,
  TokenizerTrainRequest,
} from "./schemas/tokenizer.js";
export {
  CourseSample,
  EvaluationHistory,
  EvaluationRecord,
  RunFile,
  ExportedModel,
  ExportedModelList,
  ExportList,
  RunFileList,
  SampleList,
  SampleRecord,
  TensorTable,
} from "./schemas/run-files.js";
export { isEndGiven, NewEnd, ResumeRequest, resumeInput } from "./schemas/new-end.js";
export { CleanupReport, CleanupRequest, cleanupKinds, ShownSetting, SystemInfo } from "./schemas/system.js";
export { TrainAccepted, TrainRequest } from "./schemas/train.js";
export {
  ChatHistory,
  ChatList,
  ChatRequest,
  ChatResponse,
  ChatResult,
  ChatSummary,
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
