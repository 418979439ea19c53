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
      drop: () => this.#lines.clear(),
    });
  }

  /**
   * @param about of what is told: something newer of the same takes its place
   * @param line is asked for when it is sent, and then tells what has become known
   */
  add(about: string, line: () => string): void {
    this.#lines.delete(about);
    this.#lines.set(about, line);
    this.#post.ask();
  }

  close = (): Promise<void> => this.#post.close();

  async #deliver(): Promise<void> {
    const told = [...this.#lines];
    if (told.length === 0) return;
    await this.#parts.dms.send(this.#user, { content: content(told.map(([, line]) => line())) });
    for (const [about, line] of told) if (this.#lines.get(about) === line) this.#lines.delete(about);
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
