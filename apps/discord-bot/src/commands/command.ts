import type { TrainerClient } from "@trainer/client";
import type {
  APIApplicationCommandBasicOption,
  APIEmbed,
  AttachmentPayload,
  ChatInputCommandInteraction,
} from "discord.js";
import type { Following } from "../following/following.js";
import type { RecentCorpora } from "../store/recent-corpora.js";
import type { Trainings } from "./trainings.js";

/** Answer to a command. */
export interface Reply {
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly files?: readonly AttachmentPayload[];
}

/** All that a command works with. */
export interface Use {
  readonly api: TrainerClient;
  readonly user: bigint;
  /** Goes to the API, and into the answer. */
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly options: ChatInputCommandInteraction["options"];
  readonly following: Following;
  readonly corpora: RecentCorpora;
  readonly trainings: Trainings;
}

export interface Command {
  readonly description: string;
  /** Those that complete themselves do so by their name: see `completions.ts`. */
  readonly options: readonly APIApplicationCommandBasicOption[];
  run(use: Use): Promise<Reply>;
}

/** A refusal shown to the person; not an error of the bot. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export const COLOR = { working: 0x58_65_f2, completed: 0x57_f2_87, failed: 0xed_42_45, canceled: 0xfa_a6_1a } as const;

export const footer = (requestId: string): { text: string } => ({ text: `Request ID: ${requestId}` });
