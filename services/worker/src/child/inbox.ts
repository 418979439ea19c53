import { ToChild } from "./messages.js";

type Type = ToChild["type"];
export type Message<T extends Type> = Extract<ToChild, { type: T }>;

/** What a parent has said, to be taken message by message by whoever waits for one of its kind. */
export class Inbox {
  readonly #kept: ToChild[] = [];
  /** Each takes the message that it waits for, and says whether this was one. */
  readonly #waiting = new Set<(message: ToChild) => boolean>();
  readonly #stop = new AbortController();

  /** Aborted once the parent says stop. */
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
