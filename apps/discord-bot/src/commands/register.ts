import type { Client } from "discord.js";
import type { Access } from "../access/access.js";
import type { BotConfig } from "../config.js";
import { commandBodies } from "./registry.js";

/**
 * Tells Discord the commands: everywhere, or, where everybody is obeyed and servers are named, there alone, where they are
 * seen at once. Commands for direct messages are no server's.
 */
export async function registerCommands(
  { application }: Client<true>,
  { guildIds, syncGlobal }: Pick<BotConfig, "guildIds" | "syncGlobal">,
  { guilds }: Access,
): Promise<void> {
  const bodies = commandBodies({ inDirectMessagesOnly: guilds !== null && guilds.length === 0 });
  if (guilds !== null || syncGlobal || guildIds.length === 0) await application.commands.set(bodies);
  if (guilds !== null) return;
  for (const guild of guildIds) await application.commands.set(bodies, guild);
}
