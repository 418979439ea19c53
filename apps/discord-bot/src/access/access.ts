interface Allowed {
  /** Whom the application belongs to, or whom DISCORD_OWNER_ID names: the first is told what no user is named for. */
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

  /** Who may be written to about a run. Of a server's members only Discord knows the names: whoever starts a run there is one. */
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

  /** In words, for whoever starts the bot. */
  get description(): string {
    if (this.#allowed === null) return "everybody (DISCORD_OWNER_ID=everybody)";
    const { owners, users, guilds } = this.#allowed;
    const members = guilds.map((guild) => `members of the server ${guild}`);
    const others = [...users.map(String), ...members];
    return others.length === 0 ? `${owners.join(", ")} alone` : [...owners, ...others].join(", ");
  }

  /** What everybody else is answered. */
  get refusal(): string {
    const others = this.#allowed !== null && this.#allowed.users.length + this.#allowed.guilds.length > 0;
    return others
      ? "I answer only to those whom my owner has named."
      : "I answer only to my owner, in direct messages.";
  }
}
