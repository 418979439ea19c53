import { ToChild } from "./messages.js";

type Type = ToChild["type"];
export type Message<T extends Type> = Extract<ToChild, { type: T }>;

/** Messages from the parent, taken by waiters for their kinds. */
export class Inbox {
  readonly #kept: ToChild[] = [];
  /** Waiters: each takes its message, and returns true if this was one. */
  readonly #waiting = new Set<(message: ToChild) => boolean>();
  readonly #stop = new AbortController();

  /** Aborted once the parent sends stop. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  readonly put = (raw: unknown): void => {
    const message = ToChild.parse(raw);
    if (message.type === "stop") return this.#stop.abort();
    if (![...this.#waiting].some((take) => take(message))) this.#kept.push(message);
  };

  /** The next message of one of these types. */
  next<T extends Type>(...types: readonly T[]): Promise<Message<T>> {
    const isOne = (message: ToChild): message is Message<T> => types.some((type) => type === message.type);
    return new Promise((resolve) => {
      const take = (message: ToChild): boolean => {
        if (!isOne(message)) return false;
        this.#waiting.delete(take);
        resolve(message);
        return true;
      };
      const kept = this.#kept.findIndex(take);
      if (kept === -1) this.#waiting.add(take);
      else this.#kept.splice(kept, 1);
    });
  }
}
