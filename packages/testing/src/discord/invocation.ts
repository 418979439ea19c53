import { OPTION, leavesOf, type CommandBody, type Leaf } from "./command-body.js";
import type { Message } from "./message-body.js";
import type { World } from "./world.js";

export type Value = string | number | boolean;

export interface Invoked {
  readonly user: string;
  readonly command: string;
  readonly sub?: string;
  readonly options?: Readonly<Record<string, Value>>;
  /** Left out: in the channel between the user and the bot. */
  readonly guild?: string;
  /** The option that is being typed: the answer is then a list of choices. */
  readonly focused?: string;
}

export interface Choice {
  readonly name: string;
  readonly value: string | number;
}

/** A person's invocation of the bot, with its answers. */
export class Invocation {
  readonly id: string;
  readonly token: string;
  readonly at = Date.now();
  acknowledged = false;
  deferred = false;
  choices: readonly Choice[] | null = null;
  /** The answer: null while the bot thinks. */
  message: Message | null = null;
  readonly followUps: Message[] = [];
  readonly #world: World;

  constructor(
    world: World,
    readonly invoked: Invoked,
  ) {
    this.#world = world;
    this.id = world.snowflake();
    this.token = `token-${this.id}`;
  }

  reply = (): Promise<Message> => this.#world.until(() => this.message, `${this.#name()} is answered`);
  completions = (): Promise<readonly Choice[]> => this.#world.until(() => this.choices, `${this.#name()} has choices`);
  #name = () => `/${this.invoked.command} ${this.invoked.sub ?? ""}`;
}

/** The event that a client receives, built from the registered command. */
export function interactionCreate(world: World, { id, token, invoked }: Invocation): object {
  const { user, command: name, sub, guild } = invoked;
  const command = [...world.globalCommands, ...(world.guildCommands.get(guild ?? "") ?? [])].find(
    (each) => each.name === name,
  );
  if (command === undefined) throw new Error(`/${name} is not registered`);
  const options = optionsOf(command, invoked);
  const channel = guild === undefined ? world.channelObject(world.channelWith(user)) : guildChannel(guild);
  return {
    id,
    application_id: world.applicationId,
    type: invoked.focused === undefined ? 2 : 4,
    token,
    version: 1,
    locale: "en-US",
    entitlements: [],
    authorizing_integration_owners: {},
    app_permissions: "2147483647",
    attachment_size_limit: 10_485_760,
    context: guild === undefined ? 1 : 0,
    channel_id: guild === undefined ? world.channelWith(user).id : `${guild}1`,
    channel,
    data: {
      id: String(BigInt(world.applicationId) + 7n),
      name,
      type: 1,
      options: sub === undefined ? options : [{ name: sub, type: OPTION.subcommand, options }],
    },
    ...(guild === undefined ? { user: world.userObject(user) } : inGuild(guild, world.userObject(user))),
  };
}

const guildChannel = (guild: string) => ({ id: `${guild}1`, type: 0, guild_id: guild, name: "general" });

const inGuild = (guild: string, user: object) => ({
  guild_id: guild,
  guild: { id: guild, features: [], locale: "en-US" },
  member: {
    user,
    roles: [],
    permissions: "2147483647",
    joined_at: "2026-01-01T00:00:00.000Z",
    deaf: false,
    mute: false,
    flags: 0,
  },
});

/** The options that a person filled in, as far as their client lets them. */
function optionsOf(command: CommandBody, { sub, options = {}, focused }: Invoked): object[] {
  const leaves = leavesOf(command, sub);
  const missing = leaves.find((leaf) => leaf.required && !(leaf.name in options));
  if (missing !== undefined && focused === undefined) throw new Error(`"${missing.name}" is required`);
  return Object.entries(options).map(([name, value]) => {
    const leaf = leaves.find((each) => each.name === name);
    if (leaf === undefined) throw new Error(`/${command.name} has no option "${name}"`);
    if (focused === name) {
      if (!leaf.autocomplete) throw new Error(`"${name}" is not completed`);
      return { name, type: leaf.type, value, focused: true };
    }
    if (!fits(leaf, value)) throw new Error(`"${name}" cannot be ${value}`);
    return { name, type: leaf.type, value };
  });
}

function fits(leaf: Leaf, value: Value): boolean {
  if (leaf.choices !== undefined && !leaf.choices.some((choice) => choice.value === value)) return false;
  switch (leaf.type) {
    case OPTION.boolean:
      return typeof value === "boolean";
    case OPTION.string:
      return (
        typeof value === "string" && value.length >= (leaf.min_length ?? 0) && value.length <= (leaf.max_length ?? 6000)
      );
    case OPTION.integer:
      return Number.isSafeInteger(value) && within(leaf, value);
    case OPTION.number:
      return within(leaf, value);
  }
}

const within = ({ min_value = -Infinity, max_value = Infinity }: Leaf, value: Value) =>
  typeof value === "number" && value >= min_value && value <= max_value;
