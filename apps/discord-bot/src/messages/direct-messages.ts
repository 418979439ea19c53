import type { APIEmbed, AttachmentPayload, Client } from "discord.js";
import type { MessageRef } from "../store/run-store.js";

/** Content of a message or of an edit. Files that are not named are kept. */
export interface MessageContent {
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly files?: readonly AttachmentPayload[];
}

/** Messages to users, in their own channel with the bot. @throws DiscordAPIError, or what befell on the way */
export class DirectMessages {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Opens the channel with a user. @throws if there can be none */
  async open(user: bigint): Promise<void> {
    await this.#client.users.createDM(String(user));
  }

  async send(user: bigint, message: MessageContent): Promise<MessageRef> {
    const channel = await this.#client.users.createDM(String(user));
    const { id } = await channel.send(payload(message));
    return { channelId: channel.id, messageId: id };
  }

  async edit(user: bigint, { messageId }: MessageRef, message: MessageContent): Promise<void> {
    const channel = await this.#client.users.createDM(String(user));
    await channel.messages.edit(messageId, payload(message));
  }
}

/** A message mentions nobody, whatever a model wrote. */
const payload = ({ content, embeds, files }: MessageContent) => ({
  ...(content === undefined ? {} : { content }),
  ...(embeds === undefined ? {} : { embeds }),
  ...(files === undefined ? {} : { files }),
  allowedMentions: { parse: [] },
});
