import { ServiceError, type TrainerClient } from "@trainer/client";
import {
  MessageFlags,
  type AutocompleteInteraction,
  type ChatInputCommandInteraction,
  type Interaction,
} from "discord.js";
import type { Access } from "../access/access.js";
import type { Following } from "../following/following.js";
import type { Log } from "../log.js";
import type { CommandOutcome, Metrics } from "../metrics.js";
import { requestId as newRequestId } from "../request-id.js";
import type { RecentCorpora } from "../store/recent-corpora.js";
import { fit, LIMIT, plain } from "../text/fit.js";
import { redact } from "../text/redact.js";
import { Refused, type Reply } from "./command.js";
import type { Completions } from "./completions.js";
import type { RateLimit } from "./rate-limit.js";
import { findCommand } from "./registry.js";
import type { Trainings } from "./trainings.js";

/** A reply can be edited for 15 minutes. */
const PATIENCE_MS = 14 * 60_000;

export interface DispatchParts {
  readonly api: TrainerClient | null;
  readonly completions: Completions | null;
  readonly following: Following;
  readonly corpora: RecentCorpora;
  readonly limit: RateLimit;
  readonly trainings: Trainings;
  readonly access: Access;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Answers commands and completes their options. Nothing that goes wrong gets out of here. */
export class Dispatch {
  readonly #parts: DispatchParts;

  constructor(parts: DispatchParts) {
    this.#parts = parts;
  }

  async handle(interaction: Interaction): Promise<void> {
    try {
      if (interaction.isAutocomplete()) await interaction.respond(await this.#complete(interaction));
      else if (interaction.isChatInputCommand()) await this.#answer(interaction);
    } catch (error) {
      this.#parts.log.warn({ event: "interaction_failed", err: error }, String(error)); // it took too long to answer
    }
  }

  async #complete(interaction: AutocompleteInteraction) {
    const { completions, access, log } = this.#parts;
    if (completions === null || !access.obeys(interaction)) return [];
    const { name, value } = interaction.options.getFocused(true);
    const family = interaction.options.getString("model_family");
    try {
      return await completions.complete({ name, value, user: BigInt(interaction.user.id), family });
    } catch (error) {
      log.warn({ event: "completion_failed", err: error }, String(error));
      return [];
    }
  }

  async #answer(interaction: ChatInputCommandInteraction): Promise<void> {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral }); // Discord waits for 3 s
    const requestId = newRequestId();
    const { content, embeds = [], files = [] } = await this.#reply(interaction, requestId);
    await interaction.editReply({
      content: content === undefined ? null : fit(content, LIMIT.content),
      embeds: [...embeds],
      files: [...files],
      allowedMentions: { parse: [] },
    });
  }

  async #reply(interaction: ChatInputCommandInteraction, requestId: string): Promise<Reply> {
    const { api, following, corpora, limit, trainings, access, log, metrics } = this.#parts;
    const user = BigInt(interaction.user.id);
    const name = interaction.commandName;
    const found = findCommand(name, interaction.options.getSubcommand(false));
    const context = { event: "command", command: found?.counted ?? name, user: String(user), request_id: requestId };
    if (!access.obeys(interaction)) return { content: access.refusal };
    if (found === null) return { content: "This command is not mine any more; Discord will forget it soon." };
    const wait = limit.take(user, found.counted);
    if (wait !== null) return { content: `Please wait ${wait} seconds before using this command again` };
    if (api === null) return { content: "Model Trainer API is not configured" };
    following.seen(user);
    const start = performance.now();
    let outcome: CommandOutcome = "done";
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const use = { api, user, requestId, signal, options: interaction.options, following, corpora, trainings };
      const reply = await found.command.run(use);
      log.info(context, "command done");
      return reply;
    } catch (error) {
      outcome = error instanceof Refused || error instanceof ServiceError ? "refused" : "failed";
      return { content: refusal(error, log, context) };
    } finally {
      metrics.commandDone(found.counted, outcome, (performance.now() - start) / 1000);
    }
  }
}

function refusal(error: unknown, log: Log, context: object): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof ServiceError) {
    log.warn({ ...context, error_code: error.code, err: error }, "the API refused a command");
    return `API error: ${error.status === null && error.isTransient ? OUT_OF_REACH : plain(redact(error.message))}`;
  }
  log.error({ ...context, err: error }, "a command failed");
  return "An error occurred. Please try again later.";
}

const OUT_OF_REACH = "the trainer cannot be reached. Is its API running?";
