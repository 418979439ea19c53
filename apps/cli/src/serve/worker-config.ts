import type { TrainerConfig } from "@trainer/platform";
import type { WorkerInput } from "@trainer/worker";

/** What a worker is told of the system's configuration. */
export const workerConfig = ({ redisUrl, logLevel, plugins, app, queue, worker }: TrainerConfig): WorkerInput => ({
  redisUrl,
  logLevel,
  plugins: [...plugins],
  artifactsRoot: app.artifactsRoot,
  dataRoot: app.dataRoot,
  threads: app.threads,
  dataBank: app.dataBankApiUrl === "" ? null : { url: app.dataBankApiUrl, apiKey: app.dataBankApiKey },
  ...worker,
  jobTimeoutSec: queue.jobTimeoutSec,
  resultTtlSec: queue.resultTtlSec,
  failureTtlSec: queue.failureTtlSec,
  retryMax: queue.retryMax,
  retryIntervalsSec: [...queue.retryIntervalsSec],
  cleanup: app.cleanup,
  corpusCacheCleanup: app.corpusCacheCleanup,
  tokenizerCleanup: app.tokenizerCleanup,
  binsCleanup: app.binsCleanup,
  tokenizerSampleMaxLines: app.tokenizerSampleMaxLines,
});
