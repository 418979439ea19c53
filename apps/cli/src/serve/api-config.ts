import type { ApiInput } from "@trainer/api";
import type { TrainerConfig } from "./settings.js";

/** The API's part of the system's configuration. */
export const apiConfig = (config: TrainerConfig): ApiInput => {
  const { bindHost, publicHosts, port, security, redis, logging, plugins, app, api, rq } = config;
  return {
    host: bindHost,
    publicHosts,
    port,
    apiKey: security.apiKey,
    redisUrl: redis.url,
    logLevel: logging.level,
    plugins,
    artifactsRoot: app.artifactsRoot,
    dataRoot: app.dataRoot,
    dataBank: app.dataBankApiUrl === "" ? null : { url: app.dataBankApiUrl, apiKey: app.dataBankApiKey },
    resultTtlSec: rq.resultTtlSec,
    failureTtlSec: rq.failureTtlSec,
    ...api,
  };
};
