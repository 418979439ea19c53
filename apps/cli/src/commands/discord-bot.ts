import { withoutCredentials } from "@trainer/platform";
import type { Command } from "commander";
import type { BotConfig } from "@trainer/discord-bot";
import { z } from "zod";
import { defineCommand, type Invocation } from "../framework/define-command.js";
import { report } from "../doctor/report.js";
import type { Io } from "../process/io.js";
import { loadConfig } from "../serve/settings.js";
import { untilAborted } from "../process/until-aborted.js";

const Options = z.strictObject({
  check: z.boolean().default(false).meta({ description: "try everything that the bot needs, and start nothing" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "The bot by which models are trained and watched from Discord, until it is stopped. Log records go to stderr. " +
      "DISCORD_TOKEN is its token, DISCORD_OWNER_ID the one whom it obeys; API_BASE_URL and REDIS_URL say where the " +
      "trainer is. docs/discord.md tells how to create a bot, and every setting.",
    args: {},
    options: Options,
    examples: {
      "trainer discord-bot --check": "whether the token is valid, and Discord, the API and Redis answer",
      "DISCORD_TOKEN=… DISCORD_OWNER_ID=… API_BASE_URL=http://127.0.0.1:8000 trainer discord-bot": "start it",
    },
    async run(invocation) {
      const { botConfig } = await import("@trainer/discord-bot");
      const config = botConfig(loadConfig({ env: io.env, cwd: io.cwd }).env);
      await (invocation.options.check ? check(config, invocation) : serve(config, invocation));
    },
  });
}

type Invoked = Invocation<z.output<typeof Options>>;

async function check(config: BotConfig, { out }: Invoked): Promise<void> {
  const { checkBot } = await import("@trainer/discord-bot");
  const checks = await checkBot(config);
  const healthy = checks.every(({ status }) => status !== "failed");
  out.result({ ok: healthy, checks }, () => report(checks, out.paint).join("\n"));
  if (!healthy) throw new NotReady("the bot cannot start so");
}

class NotReady extends Error {
  override readonly name = "NotReady";
  readonly code = "UNHEALTHY";
}

async function serve(config: BotConfig, { io, out }: Invoked): Promise<void> {
  const { startBot } = await import("@trainer/discord-bot");
  await io.interruptible(async (signal) => {
    await using bot = await startBot(config, { log: io.stderr });
    const facts = {
      bot: bot.name,
      obeys: bot.obeys,
      api: config.api.url === null ? "none (no API_BASE_URL)" : withoutCredentials(config.api.url),
      redis: withoutCredentials(config.redisUrl),
      ...(bot.metricsUrl === null ? {} : { metrics: bot.metricsUrl }),
    };
    out.result(facts, () =>
      Object.entries(facts)
        .map(([name, value]) => `${name.padEnd(9)}${value}`)
        .join("\n"),
    );
    const shownOut = await Promise.race([untilAborted(signal), bot.shownOut]);
    if (shownOut !== undefined) throw shownOut;
  });
}
