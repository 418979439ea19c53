import { withoutCredentials } from "@trainer/platform";
import { tracingConfig } from "@trainer/platform/tracing";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../framework/define-command.js";
import type { Io } from "../process/io.js";
import { apiConfig } from "../serve/api-config.js";
import { loadConfig } from "../serve/settings.js";
import { shownSettings, toldSettings } from "../serve/shown-settings.js";
import { untilAborted } from "../process/until-aborted.js";

const Options = z.strictObject({
  host: z.string().min(1).optional().meta({ description: "address to listen on: BIND_HOST, or this machine alone" }),
  port: z.int().min(0).max(65_535).optional().meta({ description: "PORT, or 8000; 0 takes one that is free" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Serves the HTTP API until it is stopped: it takes requests, puts what takes time into the queue of a worker, and " +
      "tells how it goes. Log records go to stderr. Settings: `trainer config show`; the whole system: `trainer serve`.",
    args: {},
    options: Options,
    examples: {
      "REDIS_URL=redis://127.0.0.1:6379/0 trainer api": "for this machine, without a key",
      "SECURITY__API_KEY=$(openssl rand -hex 32) trainer api --host 0.0.0.0": "for others, with a key",
    },
    async run({ options: { host, port }, io, out }) {
      const { config, sources, env } = loadConfig({ env: io.env, cwd: io.cwd });
      const tracing = tracingConfig(env);
      const settings = [...(toldSettings(io.env) ?? shownSettings(sources))];
      const given = { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
      const { startApi } = await import("@trainer/api");
      await io.interruptible(async (signal) => {
        await using api = await startApi({ ...apiConfig(config), ...given, settings, tracing }, { log: io.stderr });
        const facts = { url: api.url, redis: withoutCredentials(config.redis.url) };
        out.result(facts, () => `api        ${facts.url}\nredis      ${facts.redis}`);
        await untilAborted(signal);
      });
    },
  });
}
