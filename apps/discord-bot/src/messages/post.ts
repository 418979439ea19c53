import type { Clock } from "../clock.js";
import { Paced, type Pace } from "../paced.js";
import type { Log } from "../log.js";
import { troubleOf } from "./trouble.js";

/** Users to whom nothing can be sent: they closed their direct messages, or left. */
export type Unreachable = Set<bigint>;

export interface PostParts {
  readonly user: bigint;
  readonly unreachable: Unreachable;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly log: Log;
  /** Says to Discord what there is to say. @throws DiscordAPIError, or what befell on the way */
  readonly deliver: () => Promise<void>;
  /** Discord refused what was said, and would again: there is no use in keeping it. */
  readonly drop: () => void;
}

const LONGEST_WAIT_MS = 60_000;

/** Something to be said to one user. What fails passes no further than here: others are not held up by it. */
export class Post {
  readonly #parts: PostParts;
  readonly #paced: Paced;
  #failures = 0;
  #cancelRetry = () => {};

  constructor(parts: PostParts) {
    this.#parts = parts;
    this.#paced = new Paced(() => this.#attempt(), parts.pace, parts.clock);
  }

  ask(): void {
    this.#paced.ask();
  }

  close(): Promise<void> {
    this.#cancelRetry();
    return this.#paced.close();
  }

  async #attempt(): Promise<void> {
    const { user, unreachable, deliver, drop, log, clock, pace } = this.#parts;
    if (unreachable.has(user)) return drop();
    try {
      await deliver();
      this.#failures = 0;
    } catch (error) {
      const trouble = troubleOf(error);
      log.warn({ event: "discord_message_failed", user: String(user), reason: trouble, err: error }, String(error));
      if (trouble === "closed") unreachable.add(user);
      if (trouble === "closed" || trouble === "refused") {
        this.#failures = 0;
        return drop();
      }
      const wait = Math.min(LONGEST_WAIT_MS, pace.gapMs * 2 ** this.#failures++);
      this.#cancelRetry = clock.after(wait, () => this.ask());
    }
  }
}
