import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import type { OpenModel } from "@trainer/training";
import { z } from "zod";
import { words } from "../framework/arguments.js";
import { defineCommand, MODEL } from "../framework/define-command.js";
import { MODEL_FLAGS } from "../flags/weights.js";
import { openHere } from "../runs/open-here.js";
import { loadConfig } from "../serve/settings.js";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";
import { untilAborted } from "../process/until-aborted.js";

const Options = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").meta({ description: "address to listen on" }),
  port: z.int().min(0).max(65_535).default(8010).meta({ description: "0 takes one that is free" }),
  promptCacheMb: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(256)
    .describe(
      "MB of each model's memory for what was read of texts that have ended, so that prompts that begin as they do are read from there on; on a CPU in fp32. 0 keeps nothing",
    ),
  ...MODEL_FLAGS,
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Serves models as OpenAI's clients ask for them, without Redis or a worker, until it is stopped: /v1/models, /v1/completions and /v1/chat/completions, with streams and log-probabilities. Requests at the same time are written side by side, and an answer does not depend on its neighbours. SECURITY__API_KEY, where it is set, must be a client's key.",
    args: { models: words(MODEL) },
    options: Options,
    usesLibtorch: true,
    examples: {
      "trainer openai RUN": "then OPENAI_BASE_URL=http://127.0.0.1:8010/v1 in any client",
      "trainer openai RUN my-export --weights int8": "two models, each by its name",
      "SECURITY__API_KEY=$(openssl rand -hex 32) trainer openai RUN --host 0.0.0.0": "for others, with a key",
    },
    async run({ args: { models }, options: { host, port, promptCacheMb, device, weights }, home, io, out }) {
      const { config } = loadConfig({ env: io.env, cwd: io.cwd });
      const opened: NamedModel[] = [];
      try {
        for (const model of new Set(models)) {
          const how = { device, weights, promptCacheBytes: promptCacheMb * 1e6 };
          opened.push(await named(await openHere(model, how, { home, io, out })));
        }
        refuseEqualNames(opened);
        const { servedHere, startOpenAi } = await import("@trainer/openai");
        const { security, publicHosts, logging } = config;
        const keys = security.apiKey === "" ? [] : [security.apiKey];
        await io.interruptible(async (signal) => {
          const served = opened.map(({ id, created, model }) => servedHere(id, created, model));
          const settings = { models: served, host, port, keys, publicHosts, logLevel: logging.level };
          await using server = await startOpenAi(settings, io.stderr);
          const facts = { url: `${server.url}/v1`, models: opened.map(({ id }) => id) };
          out.result(facts, () => `openai     ${facts.url}\nmodels     ${facts.models.join(", ")}`);
          await untilAborted(signal);
        });
      } finally {
        for (const { model } of opened) model[Symbol.dispose]();
      }
    },
  });
}

interface NamedModel {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: OpenModel;
}

/** A run by its id, a folder by its name. */
async function named(model: OpenModel): Promise<NamedModel> {
  const { mtimeMs } = await stat(model.weights);
  return { id: model.id ?? basename(model.dir), created: Math.floor(mtimeMs / 1000), model };
}

function refuseEqualNames(models: readonly NamedModel[]): void {
  const again = models.find(({ id }, i) => models.findIndex((model) => model.id === id) < i);
  if (again !== undefined) throw new UsageError(`two of these models have the name ${again.id}: rename one's folder`);
}
