import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
  type APIApplicationCommandSubcommandOption,
  type RESTPostAPIChatInputApplicationCommandsJSONBody as Body,
} from "discord.js";
import { cancel } from "./cancel.js";
import type { Command } from "./command.js";
import { generate } from "./generate.js";
import { runs } from "./runs.js";
import { score } from "./score.js";
import { status } from "./status.js";
import { train, trainModel } from "./train.js";
import { unwatch, watch } from "./watch.js";

/** The verbs of `/trainer`. */
const GROUPED: Readonly<Record<string, Command>> = { train, runs, status, cancel, watch, unwatch, generate, score };

/** Commands of their own; those that `/trainer` has too are the same. */
const FLAT: Readonly<Record<string, Command>> = { train, train_model: trainModel, status, cancel };

const GROUP = "trainer";

/** The command that was used, and the name under which its uses are counted: an alias is no way around a limit. */
export function findCommand(name: string, sub: string | null): { command: Command; counted: string } | null {
  const command = name === GROUP ? GROUPED[String(sub)] : FLAT[name];
  if (command === undefined) return null;
  return { command, counted: command === trainModel ? "train" : String(name === GROUP ? sub : name) };
}

/** All commands, as Discord wants them registered, and where they are seen. */
export function commandBodies({ inDirectMessagesOnly }: { readonly inDirectMessagesOnly: boolean }): Body[] {
  const { BotDM, Guild, PrivateChannel } = InteractionContextType;
  const where = {
    contexts: inDirectMessagesOnly ? [BotDM] : [Guild, BotDM, PrivateChannel],
    integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
  };
  const flat = Object.entries(FLAT).map(([name, { description, options }]): Body => {
    return Object.assign({ name, description, options: [...options] }, where);
  });
  return [{ name: GROUP, description: "Train models and use them", options: grouped(), ...where }, ...flat];
}

const grouped = () =>
  Object.entries(GROUPED).map(([name, { description, options }]): APIApplicationCommandSubcommandOption => ({
    type: ApplicationCommandOptionType.Subcommand,
    name,
    description,
    options: [...options],
  }));
