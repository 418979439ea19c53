import type { Clock } from "../clock.js";
import type { Log } from "../log.js";
import type { DirectMessages } from "../messages/direct-messages.js";
import { Post, type Unreachable } from "../messages/post.js";
import { fit, LIMIT } from "../text/fit.js";

export interface AlertParts {
  readonly dms: DirectMessages;
  readonly unreachable: Unreachable;
  readonly clock: Clock;
  readonly log: Log;
  /** Least time between two messages to a user; alerts before the first are collected for as long. */
  readonly alertMs: number;
  readonly collectMs: number;
}

/** Alerts to one user, since edits are silent: several in one message, and few messages. */
export class Alerts {
  readonly #lines = new Map<string, () => string>();
  /** Alerts of the message in flight; later ones go into the next. */
  readonly #pending = new Map<string, () => string>();
  readonly #post: Post;
  readonly #parts: AlertParts;
  readonly #user: bigint;

  constructor(user: bigint, parts: AlertParts) {
    this.#user = user;
    this.#parts = parts;
    const { unreachable, clock, log, alertMs, collectMs } = parts;
    this.#post = new Post({
      user,
      unreachable,
      clock,
      log,
      pace: { gapMs: alertMs, delayMs: collectMs },
      deliver: () => this.#deliver(),
      drop: () => this.#pending.clear(),
    });
  }

  /**
   * @param about subject: a newer alert of the same subject replaces it
   * @param line called when the alert is sent, with all that is known by then
   */
  add(about: string, line: () => string): void {
    if (this.#parts.unreachable.has(this.#user)) return; // nobody will ever ask for it
    this.#lines.delete(about);
    this.#lines.set(about, line);
    this.#post.ask();
  }

  close = (): Promise<void> => this.#post.close();

  async #deliver(): Promise<void> {
    for (const [about, line] of this.#lines) {
      this.#pending.delete(about);
      this.#pending.set(about, line);
    }
    this.#lines.clear();
    await this.#parts.dms.send(this.#user, { content: content(Array.from(this.#pending.values(), (line) => line())) });
    this.#pending.clear();
  }
}

/** The newest lines that fit into a message, and how many older ones do not. */
function content(lines: readonly string[]): string {
  const shown: string[] = [];
  let length = 40; // length of the line that counts the omitted
  for (const line of lines.toReversed()) {
    length += line.length + 1;
    if (length > LIMIT.content) break;
    shown.unshift(line);
  }
  const left = lines.length - shown.length;
  return fit([...(left === 0 ? [] : [`… and ${left} more before`]), ...shown].join("\n"), LIMIT.content);
}
