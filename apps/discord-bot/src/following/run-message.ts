import type { Clock } from "../clock.js";
import type { Log } from "../log.js";
import type { DirectMessages, MessageContent } from "../messages/direct-messages.js";
import { Post, type Unreachable } from "../messages/post.js";
import { deliveryFailureOf } from "../messages/delivery-failure.js";
import type { MessageRef, RunStore } from "../store/run-store.js";
import { runEmbed } from "./run-embed.js";
import type { RunState } from "./run-state.js";

export interface MessageParts {
  readonly dms: DirectMessages;
  readonly store: RunStore;
  readonly unreachable: Unreachable;
  readonly clock: Clock;
  readonly log: Log;
  /** Least time between two edits of one message. */
  readonly editMs: number;
}

/** Subject of a message. */
export interface Subject {
  /** The current content. */
  readonly look: () => Shown;
  /** Called once everything was delivered, or never will be. */
  readonly onTold: () => void;
}

/** Content of a message. */
export interface Shown {
  readonly state: RunState;
  /** The course of the loss, as a PNG. */
  readonly chart: Buffer | null;
}

const CHART = "loss.png";

/** The one message to a user about a run, edited in place; found again after a restart. */
export class RunMessage {
  readonly #parts: MessageParts;
  readonly #user: bigint;
  readonly #subject: Subject;
  readonly #post: Post;
  #ref: MessageRef | null;
  #message = "";
  #chart: Buffer | null = null;

  constructor(user: bigint, ref: MessageRef | null, subject: Subject, parts: MessageParts) {
    this.#user = user;
    this.#ref = ref;
    this.#subject = subject;
    this.#parts = parts;
    const { unreachable, clock, log, editMs } = parts;
    this.#post = new Post({
      user,
      unreachable,
      clock,
      log,
      pace: { gapMs: editMs },
      deliver: () => this.#deliver(),
      drop: () => this.#done(),
    });
  }

  /** True once everything was delivered. */
  delivered = true;

  /** Schedules an update. */
  ask(): void {
    this.delivered = false;
    this.#post.ask();
  }

  close = (): Promise<void> => this.#post.close();

  #done(): void {
    this.delivered = true;
    this.#subject.onTold();
  }

  async #deliver(): Promise<void> {
    const { state, chart } = this.#subject.look();
    const embed = runEmbed(state, chart === null ? null : `attachment://${CHART}`);
    const message = JSON.stringify(embed);
    if (message !== this.#message || chart !== this.#chart) {
      const fresh = chart !== null && (chart !== this.#chart || this.#ref === null);
      const files = fresh ? { files: [{ attachment: chart, name: CHART }] } : {};
      await this.#say(state.runId, { embeds: [embed], ...files });
      this.#message = message;
      this.#chart = chart;
    }
    if (this.#subject.look().state === state) this.#done();
  }

  /** Edits the message; sends a new one if it was deleted. */
  async #say(runId: string, message: MessageContent): Promise<void> {
    const { dms, store } = this.#parts;
    if (this.#ref !== null) {
      try {
        return await dms.edit(this.#user, this.#ref, message);
      } catch (error) {
        if (deliveryFailureOf(error) !== "gone") throw error;
        this.#ref = null;
        this.#chart = null;
        throw error; // sent again soon, as a new message with all its parts
      }
    }
    this.#ref = await dms.send(this.#user, message);
    await store.keepMessage(runId, this.#user, this.#ref);
  }
}
