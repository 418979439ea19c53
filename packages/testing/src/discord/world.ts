import { EventEmitter, once } from "node:events";
import type { CommandBody } from "./command-body.js";
import type { Invocation } from "./invocation.js";
import type { Message } from "./message-body.js";

export interface Team {
  readonly owner_user_id: string;
  readonly members: readonly {
    readonly membership_state: 1 | 2;
    readonly role: "admin" | "developer" | "read_only";
    readonly user: { readonly id: string };
  }[];
}

export interface Channel {
  readonly id: string;
  readonly recipient: string;
}

/** All that Discord knows here: its users, their channels with the bot, messages, commands. */
export class World {
  readonly applicationId = "1100000000000000001";
  readonly botId = "1100000000000000001";
  readonly channels = new Map<string, Channel>();
  readonly messages = new Map<string, Message>();
  readonly guilds = new Set<string>();
  readonly closedDms = new Set<string>();
  readonly invocations = new Map<string, Invocation>();
  readonly guildCommands = new Map<string, readonly CommandBody[]>();
  globalCommands: readonly CommandBody[] = [];
  /** Whom the application belongs to: a user, a team as Discord describes one, or nobody it tells of. */
  owner: string | Team | null = null;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #last = 1_200_000_000_000_000_000n;

  snowflake = (): string => String((this.#last += 1n << 22n));

  changed(): void {
    this.#changes.emit("change");
  }

  /** Waits until something is so; looked at again after every change. */
  async until<T>(look: () => T | null | undefined | false, what = String(look)): Promise<T> {
    const signal = AbortSignal.timeout(60_000);
    for (;;) {
      const found = look();
      if (found !== null && found !== undefined && found !== false) return found;
      await once(this.#changes, "change", { signal }).catch((error: unknown) => {
        throw new Error(`Discord waited in vain until ${what}`, { cause: error });
      });
    }
  }

  channelWith(recipient: string): Channel {
    const known = [...this.channels.values()].find((channel) => channel.recipient === recipient);
    if (known !== undefined) return known;
    const channel = { id: this.snowflake(), recipient };
    this.channels.set(channel.id, channel);
    return channel;
  }

  /** Messages of a user's channel with the bot, in order. */
  dms(userId: string): Message[] {
    const { id } = this.channelWith(userId);
    return [...this.messages.values()].filter(({ channelId }) => channelId === id);
  }

  userObject = (id: string): object => ({
    id,
    username: id === this.botId ? "trainer" : `user-${id.slice(-4)}`,
    discriminator: id === this.botId ? "0001" : "0",
    global_name: null,
    avatar: null,
    bot: id === this.botId,
    public_flags: 0,
    flags: 0,
  });

  /** Owner of an application as the API returns it: a team is a user of its own in `owner`. */
  ownership(): object {
    if (this.owner === null) return {};
    if (typeof this.owner === "string") return { owner: this.userObject(this.owner), team: null };
    return { owner: this.userObject(this.snowflake()), team: this.owner };
  }

  channelObject = ({ id, recipient }: Channel): object => ({
    id,
    type: 1,
    flags: 0,
    last_message_id: null,
    recipients: [this.userObject(recipient)],
  });
}
