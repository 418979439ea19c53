/** A sliding-window rate limit by user and command. */
export class RateLimit {
  readonly #uses = new Map<string, number[]>();
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #now: () => number;

  constructor({ limit, windowMs }: { readonly limit: number; readonly windowMs: number }, now: () => number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Counts a use; if it is one too many, it does not count, and the whole seconds to wait are given. */
  take(user: bigint, command: string): number | null {
    const now = this.#now();
    this.#forget(now);
    const key = `${user} ${command}`;
    const uses = this.#uses.get(key) ?? [];
    const [oldest] = uses.slice(-this.#limit);
    if (uses.length >= this.#limit && oldest !== undefined) {
      return Math.max(1, Math.ceil((oldest + this.#windowMs - now) / 1000));
    }
    this.#uses.set(key, [...uses, now]);
    return null;
  }

  /** Drops uses that have left the window. */
  #forget(now: number): void {
    for (const [key, uses] of this.#uses) {
      const recent = uses.filter((at) => now - at < this.#windowMs);
      if (recent.length === 0) this.#uses.delete(key);
      else this.#uses.set(key, recent);
    }
  }
}
