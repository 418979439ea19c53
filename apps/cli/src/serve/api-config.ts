import type { ApiInput } from "@trainer/api";
import type { TrainerConfig } from "@trainer/platform";

/** What the API is told of the system's configuration. */
export const apiConfig = ({
  bindHost,
  publicHosts,
  port,
  security,
  redisUrl,
  logLevel,
  plugins,
  app,
  api,
  queue,
}: TrainerConfig): ApiInput => ({
  host: bindHost,
  publicHosts: [...publicHosts],
  port,
  apiKey: security.apiKey,
  redisUrl,
  logLevel,
  plugins: [...plugins],
  artifactsRoot: app.artifactsRoot,
  dataRoot: app.dataRoot,
  dataBank: app.dataBankApiUrl === "" ? null : { url: app.dataBankApiUrl, apiKey: app.dataBankApiKey },
  resultTtlSec: queue.resultTtlSec,
  failureTtlSec: queue.failureTtlSec,
  ...api,
});
