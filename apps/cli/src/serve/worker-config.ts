import type { TrackerSettings } from "@trainer/trackers";
import type { WorkerInput } from "@trainer/worker";
import type { TrainerConfig } from "./settings.js";

/** The worker's part of the system's configuration. */
export const workerConfig = ({
  redis,
  logging,
  plugins,
  app,
  rq,
  worker,
  wandb,
  bindHost,
  publicHosts,
}: TrainerConfig): WorkerInput & { readonly trackers: TrackerSettings[] } => ({
  host: bindHost,
  publicHosts,
  redisUrl: redis.url,
  logLevel: logging.level,
  plugins,
  artifactsRoot: app.artifactsRoot,
  dataRoot: app.dataRoot,
  threads: app.threads,
  dataBank: app.dataBankApiUrl === "" ? null : { url: app.dataBankApiUrl, apiKey: app.dataBankApiKey },
  ...worker,
  trackers: wandb.enabled ? [{ name: "wandb", folder: app.artifactsRoot, project: wandb.project, entity: null }] : [],
  jobTimeoutSec: rq.jobTimeoutSec,
  resultTtlSec: rq.resultTtlSec,
  failureTtlSec: rq.failureTtlSec,
  retryMax: rq.retryMax,
  retryIntervalsSec: rq.retryIntervalsSec,
  cleanup: app.cleanup,
  corpusCacheCleanup: app.corpusCacheCleanup,
  tokenizerCleanup: app.tokenizerCleanup,
  binsCleanup: app.binsCleanup,
  tokenizerSampleMaxLines: app.tokenizerSampleMaxLines,
});
