export { CHAT_TTL_SECONDS, ChatSessions } from "./redis/chat-sessions.js";
export type { Fence } from "./redis/fence.js";
export { jobsOf, openJobIds, openJobs, type OpenJob, type QueueKey } from "./redis/open-jobs.js";
export { openRedis, REDIS_TIMEOUT_MS } from "./redis/open-redis.js";
export { clockProblem, redisTime } from "./redis/redis-clock.js";
export { refuseWrongRedis, requireRedis } from "./redis/refused-redis.js";
export { queueProblem } from "./redis/queue-problem.js";
export { EvalRecord, Results, type Slot } from "./redis/results.js";
export { RunRecords, type RunChange, type RunRecord } from "./redis/run-records.js";
export {
  TokenizerRecords,
  type ListedTokenizer,
  type TokenizerRecord,
  type TokenizerState,
} from "./redis/tokenizer-records.js";
