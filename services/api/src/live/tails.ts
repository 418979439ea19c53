import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Tail, type Source } from "./tail.js";

/** Poll interval of a file, shared by all its followers. */
const POLL_MS = 200;

export interface Follow extends Source {
  /** The last lines, or what comes behind a byte: the id of the last event that was seen. */
  readonly from: { readonly last: number } | { readonly after: number };
  readonly signal: AbortSignal;
}

/** Files that are followed, each by as many as like. */
export class Tails {
  readonly #tails = new Map<string, Tail>();

  constructor(private readonly pollMs = POLL_MS) {}

  /**
   * @param name of what is followed: those who give the same name follow the same
   * @yields server-sent events, one or several at a time
   */
  async *follow(name: string, { from, signal, ...source }: Follow): AsyncGenerator<Buffer, void, undefined> {
    const tail = this.#tails.get(name) ?? new Tail(source, this.pollMs);
    this.#tails.set(name, tail);
    tail.followers++;
    try {
      await tail.ready;
      tail.throwIfFailed();
      let at = "after" in from ? from.after : await tail.beginningOf(from.last);
      for (;;) {
        tail.throwIfFailed();
        at = Math.min(at, tail.end);
        if (at < tail.end) {
          const { end, frames } = await tail.read(at);
          if (end > at) yield frames;
          else await sleep(this.pollMs, undefined, { signal }); // it is being moved, or cut back
          at = end;
        } else if (tail.over) {
          return;
        } else {
          await once(tail.changes, "change", { signal });
        }
      }
    } finally {
      if (--tail.followers === 0) {
        tail.stop();
        this.#tails.delete(name);
      }
    }
  }

  /** Number of followers. */
  get followers(): number {
    return [...this.#tails.values()].reduce((sum, { followers }) => sum + followers, 0);
  }
}
