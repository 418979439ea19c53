interface Allowed {
  /** The application's owners, or the one that DISCORD_OWNER_ID names; the first gets messages addressed to no user. */
  readonly owners: readonly bigint[];
  readonly users: readonly bigint[];
  readonly guilds: readonly string[];
}

interface Author {
  readonly user: { readonly id: string };
  readonly guildId: string | null;
}

/** Whom the bot obeys, and where; null: everybody, everywhere. */
export class Access {
  readonly #allowed: Allowed | null;

  constructor(allowed: Allowed | null) {
    this.#allowed = allowed;
  }

  /** Owners and allowed users in direct messages, members of an allowed server in it. */
  obeys({ user, guildId }: Author): boolean {
    if (this.#allowed === null) return true;
    const { owners, users, guilds } = this.#allowed;
    if (guildId !== null) return guilds.includes(guildId);
    return [...owners, ...users].includes(BigInt(user.id));
  }

  /** Owners may end everybody's runs. */
  owns(user: bigint): boolean {
    return this.#allowed?.owners.includes(user) ?? false;
  }

  /**
   * True if the bot may write to this user about a run. Only Discord knows a server's members: one who starts a run is
   * a member.
   */
  mayHear(user: bigint): boolean {
    if (this.#allowed === null || this.#allowed.guilds.length > 0) return true;
    return [...this.#allowed.owners, ...this.#allowed.users].includes(user);
  }

  get owner(): bigint | null {
    return this.#allowed?.owners[0] ?? null;
  }

  /** Servers in which it is to be seen: null for all. */
  get guilds(): readonly string[] | null {
    return this.#allowed?.guilds ?? null;
  }

  /** The policy in words, for the operator. */
  get description(): string {
    if (this.#allowed === null) return "everybody (DISCORD_OWNER_ID=everybody)";
    const { owners, users, guilds } = this.#allowed;
    const members = guilds.map((guild) => `members of the server ${guild}`);
    const others = [...users.map(String), ...members];
    return others.length === 0 ? `${owners.join(", ")} alone` : [...owners, ...others].join(", ");
  }

  /** Answer to everybody else. */
  get refusal(): string {
    const others = this.#allowed !== null && this.#allowed.users.length + this.#allowed.guilds.length > 0;
    return others
      ? "I answer only to those whom my owner has named."
      : "I answer only to my owner, in direct messages.";
  }
}
