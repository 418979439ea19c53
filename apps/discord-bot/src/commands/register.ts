import type { Client } from "discord.js";
import type { BotConfig } from "../config.js";
import { commandBodies } from "./registry.js";

/**
 * Tells Discord the commands: everywhere, or, where servers are named, there alone, where they are seen at once. An
 * owner's commands are for direct messages, which no server has.
 */
export async function registerCommands(
  { application }: Client<true>,
  { guildIds, syncGlobal, ownerId }: Pick<BotConfig, "guildIds" | "syncGlobal" | "ownerId">,
): Promise<void> {
  const bodies = commandBodies({ ownerOnly: ownerId !== null });
  if (ownerId !== null || syncGlobal || guildIds.length === 0) await application.commands.set(bodies);
  if (ownerId !== null) return;
  for (const guild of guildIds) await application.commands.set(bodies, guild);
}
