import { AppError, isLoopback } from "@trainer/platform";
import { Hosts, KeySet } from "@trainer/platform/http";
import { createApp } from "./app.js";
import { modelsOf } from "./models.js";
import type { ServedModel } from "./served-model.js";

export interface OpenAiConfig {
  /** One at least. */
  readonly models: readonly ServedModel[];
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Keys that let a client in; none: everybody on this machine. */
  readonly keys: readonly string[];
  /** Further names that the server is reached by. */
  readonly publicHosts: readonly string[];
  readonly logLevel: string;
}

export interface OpenAi extends AsyncDisposable {
  /** Its address: http://host:port. */
  readonly url: string;
}

/**
 * Serves models to OpenAI's clients; disposing of it ends what is being written.
 * @throws AppError CONFIG_ERROR where strangers would be let in without a key
 */
export async function startOpenAi(
  { models, host, port, keys, publicHosts, logLevel }: OpenAiConfig,
  log: { write(line: string): unknown },
): Promise<OpenAi> {
  if (!isLoopback(host) && keys.length === 0) {
    const message = `listening on ${host} lets other machines in: set SECURITY__API_KEY, or listen on 127.0.0.1`;
    throw new AppError("CONFIG_ERROR", message);
  }
  const app = createApp({
    models: modelsOf(models),
    keys: new KeySet(keys),
    hosts: new Hosts({ bindHost: host, publicHosts }),
    log,
    logLevel,
  });
  const url = await app.listen({ host, port }).catch(async (error: unknown) => {
    await app.close(); // or its connections would keep the process alive
    throw error;
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
