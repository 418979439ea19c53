import type { Clock } from "../clock.js";
import { Paced, type Pace } from "../paced.js";
import type { Log } from "../log.js";
import { deliveryFailureOf } from "./delivery-failure.js";

/** Users to whom nothing can be sent: they closed their direct messages, or left. */
export type Unreachable = Set<bigint>;

export interface PostParts {
  readonly user: bigint;
  readonly unreachable: Unreachable;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly log: Log;
  /** Sends it. @throws DiscordAPIError, or an error of the connection */
  readonly deliver: () => Promise<void>;
  /** Called when Discord refuses it for good. */
  readonly drop: () => void;
}

const LONGEST_WAIT_MS = 60_000;

/** A delivery to one user. Its failures stay here: others are not delayed. */
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
      const trouble = deliveryFailureOf(error);
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
