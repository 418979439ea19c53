import { background, withoutCredentials } from "@trainer/platform";
import type { Command } from "commander";
import { tracingConfig } from "@trainer/platform/tracing";
import { z } from "zod";
import { defineCommand } from "../framework/define-command.js";
import type { Io } from "../process/io.js";
import { redisAnswers } from "../serve/redis-answers.js";
import { loadConfig } from "../serve/settings.js";
import { workerConfig } from "../serve/worker-config.js";
import { untilAborted } from "../process/until-aborted.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Does what the queue asks for, each training in a process of its own, until it is stopped: then what is at work is " +
      "saved and given back within 20 s, and goes on in the next worker; stopped once more, it waits for nothing. Log " +
      "records go to stderr. More workers on one Redis share the work. WORKER__METRICS_PORT serves metrics for Prometheus at " +
      "/metrics. Settings: `trainer config show`.",
    args: {},
    options: z.strictObject({}),
    usesLibtorch: true,
    examples: {
      "REDIS_URL=redis://cache:6379/0 APP__ARTIFACTS_ROOT=/data trainer worker": "one more worker for that queue",
    },
    async run({ io, out }) {
      const loaded = loadConfig({ env: io.env, cwd: io.cwd });
      const { inEnvironment } = await import("@trainer/trackers");
      const own = workerConfig(loaded.config);
      const around = { env: loaded.env, cwd: io.cwd, home: own.artifactsRoot, warn: out.warn };
      const trackers = [...own.trackers, ...inEnvironment(around)];
      const config = { ...own, trackers, tracing: tracingConfig(loaded.env) };
      const { startWorker } = await import("@trainer/worker");
      await redisAnswers(config.redisUrl);
      await io.interruptible(async (signal) => {
        const worker = await startWorker(config, { log: io.stderr });
        const facts = {
          redis: withoutCredentials(config.redisUrl),
          artifacts: config.artifactsRoot,
          data: config.dataRoot,
          ...(worker.metricsUrl === null ? {} : { metrics: worker.metricsUrl }),
        };
        out.result(facts, () =>
          Object.entries(facts)
            .map(([name, value]) => `${name.padEnd(11)}${value}`)
            .join("\n"),
        );
        await untilAborted(signal);
        await io.interruptible(async (hurry) => {
          hurry.addEventListener("abort", () => background(worker.stop(), () => {})); // it is waited for below
          await worker.stop();
        });
      });
    },
  });
}
