import type { REST } from "discord.js";
import type { BotConfig } from "../config.js";
import { Access } from "./access.js";
import { applicationOwners } from "./application-owners.js";

/** Whom the bot obeys: the owner who is named, else whom Discord names, and who else is allowed. @throws as `applicationOwners` */
export async function findAccess(rest: REST, { ownerId, allowed }: BotConfig): Promise<Access> {
  if (ownerId === "everybody") return new Access(null);
  return new Access({ ...allowed, owners: ownerId === null ? await applicationOwners(rest) : [ownerId] });
}
