import { ToChild } from "./messages.js";

type Type = ToChild["type"];
export type Message<T extends Type> = Extract<ToChild, { type: T }>;

interface Waiting {
  readonly types: readonly Type[];
  readonly take: (message: ToChild) => void;
}

/** What a parent has said, to be taken message by message by whoever waits for one of its kind. */
export class Inbox {
  readonly #kept: ToChild[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #stop = new AbortController();

  /** Aborted once the parent says stop. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  readonly put = (raw: unknown): void => {
    const message = ToChild.parse(raw);
    if (message.type === "stop") return this.#stop.abort();
    const waiting = [...this.#waiting].find(({ types }) => types.includes(message.type));
    if (waiting === undefined) this.#kept.push(message);
    else waiting.take(message);
  };

  /** The next message of one of these types. */
  next<T extends Type>(...types: readonly T[]): Promise<Message<T>> {
    const isOne = (message: ToChild): message is Message<T> => types.some((type) => type === message.type);
    return new Promise((resolve) => {
      const kept = this.#kept.findIndex(isOne);
      const [message] = kept === -1 ? [] : this.#kept.splice(kept, 1);
      const waiting: Waiting = {
        types,
        take: (message) => {
          this.#waiting.delete(waiting);
          if (isOne(message)) resolve(message);
        },
      };
      if (message === undefined) this.#waiting.add(waiting);
      else waiting.take(message);
    });
  }
}
