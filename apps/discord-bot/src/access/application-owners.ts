import { AppError } from "@trainer/platform";
import { Routes, TeamMemberMembershipState, type REST } from "discord.js";
import { z } from "zod";

const ACCEPTED: number = TeamMemberMembershipState.Accepted;

const User = z.object({ id: z.string().transform(BigInt) });
const Member = z.object({ membership_state: z.int(), role: z.string().optional(), user: User });
const Application = z.object({
  owner: User.nullish(),
  team: z.object({ owner_user_id: z.string().transform(BigInt), members: z.array(Member) }).nullish(),
});

/**
 * Whom the bot's application belongs to: a person, or the members of a team who have joined it and may do more than look,
 * the team's owner first.
 * @throws AppError CONFIG_ERROR where Discord does not say, DiscordAPIError where it does not know the token
 */
export async function applicationOwners(rest: REST): Promise<bigint[]> {
  const { owner, team } = Application.parse(await rest.get(Routes.currentApplication()));
  if (team) return [...new Set([team.owner_user_id, ...team.members.filter(mayAct).map(({ user }) => user.id)])];
  if (owner) return [owner.id];
  const message = "Discord does not say whose application this is: set DISCORD_OWNER_ID to whom the bot obeys";
  throw new AppError("CONFIG_ERROR", message);
}

const mayAct = ({ membership_state: state, role }: z.output<typeof Member>): boolean =>
  state === ACCEPTED && role !== "read_only";
