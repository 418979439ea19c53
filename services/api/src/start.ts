import { existsSync } from "node:fs";
import { join } from "node:path";
import { whyNotAHome } from "@trainer/disk";
import { AppError, background, isLoopback } from "@trainer/platform";
import { clockProblem, refuseWrongRedis } from "@trainer/platform/redis";
import { openTracing } from "@trainer/platform/tracing";
import { checkHomeFormat } from "@trainer/training/files";
import { loadPlugins } from "@trainer/training/plugins";
import { createApp } from "./app.js";
import { ApiConfig, type ApiInput } from "./config.js";
import { container as makeContainer, type ApiHooks } from "./container.js";

/** The name that its traces carry. */
const SERVICE = "model-trainer-api";

export interface Api extends AsyncDisposable {
  /** Its address: http://host:port. */
  readonly url: string;
}

/**
 * Starts the API; disposing of it ends streams and lets requests that are under way come to their end. It starts without
 * Redis too, and says so in `/readyz` until that is there.
 * @throws AppError CONFIG_ERROR where strangers would be let in without a key, there are no pages where they should be,
 * nothing can be written in its home, or Redis refuses it; TrainingError for a plugin that is broken, and for the home of a
 * later version
 */
export async function startApi(input: ApiInput, hooks: ApiHooks = {}): Promise<Api> {
  const config = ApiConfig.parse(input);
  if (config.apiKey === "" && !isLoopback(config.host)) {
    throw new AppError(
      "CONFIG_ERROR",
      `listening on ${config.host} lets other machines in, and anybody could train: set SECURITY__API_KEY, or listen on ` +
        "127.0.0.1",
    );
  }
  if (config.pagesRoot !== "" && !existsSync(join(config.pagesRoot, "index.html"))) {
    throw new AppError(
      "CONFIG_ERROR",
      `there is no index.html in ${config.pagesRoot}, which API__PAGES_ROOT names: name the folder of the built pages, or ` +
        "leave it out to serve none",
    );
  }
  const unwritable = await whyNotAHome(config.artifactsRoot, "APP__ARTIFACTS_ROOT");
  if (unwritable !== null) throw new AppError("CONFIG_ERROR", unwritable);
  await checkHomeFormat(config.artifactsRoot);
  await loadPlugins(config.plugins, [".", config.artifactsRoot]);
  await refuseWrongRedis(config.redisUrl);
  const container = makeContainer(config, hooks, await openTracing(config.tracing, SERVICE));
  const app = createApp(container, hooks.log ?? process.stderr);
  const { redis, streams } = container;
  redis.on("close", () => app.log.warn({ event: "redis_lost" }, "no connection to Redis"));
  redis.on("ready", () => {
    app.log.info({ event: "redis_ready" }, "connected to Redis");
    const tell = (reason: string | null) => {
      if (reason !== null) app.log.warn({ event: "clock_off", reason }, "the clocks disagree");
    };
    background(clockProblem(redis).then(tell), () => {}); // lost again: the next connection asks
  });
  app.addHook("preClose", async () => streams[Symbol.dispose]());
  const close = async () => {
    await app.close();
    await container[Symbol.asyncDispose]();
  };
  const url = await app.listen({ host: config.host, port: config.port }).catch(async (error: unknown) => {
    await close(); // or its connections would keep the process alive
    throw error;
  });
  if (config.pagesRoot !== "") background(container.catalogue.warm(), () => {}); // who lists runs later tries again, and is told what fails
  return {
    url,
    [Symbol.asyncDispose]: close,
  };
}
