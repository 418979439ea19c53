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
  /** Between two messages to one user, and for how long alerts are collected before the first. */
  readonly alertMs: number;
  readonly collectMs: number;
}

/** What one user should hear of at once, an edit being silent: many alerts in one message, and few messages. */
export class Alerts {
  readonly #lines = new Map<string, () => string>();
  /** Those of the message that is under way: what has come meanwhile is told in the next one. */
  readonly #told = new Map<string, () => string>();
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
      drop: () => this.#told.clear(),
    });
  }

  /**
   * @param about of what is told: something newer of the same takes its place
   * @param line is asked for when it is sent, and then tells what has become known
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
      this.#told.delete(about);
      this.#told.set(about, line);
    }
    this.#lines.clear();
    await this.#parts.dms.send(this.#user, { content: content(Array.from(this.#told.values(), (line) => line())) });
    this.#told.clear();
  }
}

/** The newest lines that fit into a message, and how many older ones do not. */
function content(lines: readonly string[]): string {
  const shown: string[] = [];
  let length = 40; // of the line that says how many are left out
  for (const line of lines.toReversed()) {
    length += line.length + 1;
    if (length > LIMIT.content) break;
    shown.unshift(line);
  }
  const left = lines.length - shown.length;
  return fit([...(left === 0 ? [] : [`… and ${left} more before`]), ...shown].join("\n"), LIMIT.content);
}
