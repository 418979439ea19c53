/** Every Redis key and channel, a function each. Clients of older systems read the ones that are marked so. */
export const keys = {
  /** HASH: a run's status and user. Read by others. */
  job: (runId: string) => `trainer:job:${runId}`,
  /** Unix seconds with a fraction. Read by others. */
  heartbeat: (runId: string) => `runs:hb:${runId}`,
  /** "1": the run is to stop. Written by others. */
  cancelled: (runId: string) => `runs:${runId}:cancelled`,
  /** SET of the runs whose stop was asked for here and that had not ended then. */
  stopping: "trainer:stopping",
  /** The status word of the API. Read by others. */
  status: (runId: string) => `runs:status:${runId}`,
  /** The status message, under the two names it has had. Read by others. */
  message: (runId: string) => `runs:message:${runId}`,
  messageAlias: (runId: string) => `runs:msg:${runId}`,
  /** The id of the run's archive in the file service. Read by others. */
  artifact: (runId: string) => `runs:artifact:${runId}:file_id`,
  /** JSON: the latest evaluation. Read by others. */
  evaluation: (runId: string) => `runs:eval:${runId}`,
  score: (runId: string, requestId: string) => `runs:score:${runId}:${requestId}`,
  generation: (runId: string, requestId: string) => `runs:gen:${runId}:${requestId}`,
  openAi: (modelId: string, requestId: string) => `runs:openai:${modelId}:${requestId}`,
  /** JSON array of messages, with a time to live. */
  conversation: (runId: string, sessionId: string) => `runs:conv:${runId}:${sessionId}`,
  conversationMeta: (runId: string, sessionId: string) => `runs:conv:meta:${runId}:${sessionId}`,
  /** ZSET of a run's live conversations by their last turn, in milliseconds. */
  conversations: (runId: string) => `runs:conversations:${runId}`,
  /** JSON: what such a list tells of one; it expires with it. */
  conversationSummary: (runId: string, sessionId: string) => `runs:conversation:summary:${runId}:${sessionId}`,
  chat: (runId: string, sessionId: string, requestId: string) => `runs:chat:${runId}:${sessionId}:${requestId}`,
  tokenizerStatus: (tokenizerId: string) => `tokenizer:${tokenizerId}:status`,
  /** Percent of its training that are done, while it runs. */
  tokenizerProgress: (tokenizerId: string) => `tokenizer:${tokenizerId}:progress`,
  /** Reason of its failure. */
  tokenizerMessage: (tokenizerId: string) => `tokenizer:${tokenizerId}:message`,
  tokenizerStats: (tokenizerId: string) => `tokenizer:${tokenizerId}:stats`,
  encoding: (tokenizerId: string, requestId: string) => `tokenizer:${tokenizerId}:encode:${requestId}`,
  estimate: (requestId: string) => `trainer:estimate:${requestId}`,
  plan: (requestId: string) => `trainer:plan:${requestId}`,
  /** SET of the workers that are there. Read by others. */
  workers: "rq:workers",
  /** JSON: what a worker says of itself; it expires, as its name does. */
  presence: (worker: string) => `trainer:presence:${worker}`,
  /** SET of the runs that somebody on Discord watches. */
  watching: "discord:watching",
  /** HASH by user: opt-ins and opt-outs of a run's messages. */
  watchers: (runId: string) => `discord:watchers:${runId}`,
  /** HASH by user: where the bot's message about a run is. */
  runMessages: (runId: string) => `discord:messages:${runId}`,
  /** JSON: what the bot tells of a run. */
  toldRun: (runId: string) => `discord:run:${runId}`,
  /** SET of the runs that the bot tells of and that have not ended. */
  toldRuns: "discord:runs",
  /** LIST: the corpora that a user trained on last. */
  recentCorpora: (userId: bigint) => `discord:corpora:${userId}`,

  /** JSON: how far a run has come. */
  progress: (runId: string) => `runs:progress:${runId}`,
  /** JSON: the request that a run was made from. */
  request: (runId: string) => `runs:request:${runId}`,
  /** JSON: the new end of a run that is to be trained on. */
  newEnd: (runId: string) => `runs:end:${runId}`,
  /** Fence of a run: the number of the lease that may write. */
  fence: (runId: string) => `trainer:fence:${runId}`,
  /** ZSET of all runs by the time of their request, in milliseconds. */
  runs: "trainer:runs",
  /** ZSET of all tokenizers, likewise. */
  tokenizers: "trainer:tokenizers",
  /** JSON: what a request with this idempotency key was, and what it got; by the key's hash. */
  idempotency: (hash: string) => `trainer:idempotency:${hash}`,
  /** There while the stream of an answer was closed before its end, and nobody has polled for it since. */
  abandoned: (resultKey: string) => `${resultKey}:abandoned`,
  /** The channel on which the pieces of an answer come that ends up under `resultKey`. */
  stream: (resultKey: string) => `${resultKey}:stream`,
} as const;

/** The channel of every run's events. Read by others. */
export const EVENTS_CHANNEL = "trainer:events";

/** The channel of one run's events. */
export const runChannel = (runId: string) => `runs:${runId}:events`;
