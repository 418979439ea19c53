import { background } from "@trainer/platform";
import type { Access } from "../access/access.js";
import { recipients } from "./recipients.js";
import { RunMessage, type MessageParts } from "./run-message.js";
import type { RunState } from "./run-state.js";
import type { MessageRef } from "../store/run-store.js";
import { Paced } from "../paced.js";

/** State of a followed run: its status, recipients and messages. */
export interface Remembered {
  readonly state: RunState;
  readonly watchers: Map<bigint, boolean>;
  /** True if anybody watches it. */
  readonly watched: boolean;
  readonly messages: ReadonlyMap<bigint, MessageRef>;
}

/** One run and its messages. */
export class FollowedRun {
  state: RunState;
  chart: Buffer | null = null;
  watched: boolean;
  readonly watchers: Map<bigint, boolean>;
  readonly #refs: ReadonlyMap<bigint, MessageRef>;
  readonly #messages = new Map<bigint, RunMessage>();
  readonly #parts: MessageParts;
  readonly #saving: Paced;
  readonly #subject = { look: () => this, onTold: () => this.#toldOne() };

  constructor({ state, watchers, watched, messages }: Remembered, parts: MessageParts) {
    this.state = state;
    this.watchers = watchers;
    this.watched = watched;
    this.#refs = messages;
    this.#parts = parts;
    this.#saving = new Paced(() => this.#save(), { gapMs: parts.editMs }, parts.clock);
  }

  recipients = (access: Access): bigint[] => recipients(this, access);

  /** Shows users its state, and stores it. */
  show(users: readonly bigint[]): void {
    this.#saving.ask();
    for (const user of users) this.message(user).ask();
  }

  message(user: bigint): RunMessage {
    const known = this.#messages.get(user);
    if (known !== undefined) return known;
    const message = new RunMessage(user, this.#refs.get(user) ?? null, this.#subject, this.#parts);
    this.#messages.set(user, message);
    return message;
  }

  /** True once it has ended and every recipient was notified. */
  get settled(): boolean {
    return this.state.phase === "ended" && [...this.#messages.values()].every(({ delivered }) => delivered);
  }

  async close(): Promise<void> {
    await Promise.all([this.#saving.close(), ...Array.from(this.#messages.values(), (message) => message.close())]);
  }

  async #save(): Promise<void> {
    await this.#parts.store.keepState(this.state).catch(this.#notSaved);
    this.#toldOne();
  }

  #toldOne(): void {
    if (this.settled) background(this.#parts.store.settle(this.state.runId), this.#notSaved);
  }

  /** Redis may be away: what is not kept is found out again from the API. */
  readonly #notSaved = (error: unknown): void => {
    this.#parts.log.warn({ event: "run_not_saved", run_id: this.state.runId, err: error }, String(error));
  };
}
