import { openModel } from "@trainer/training";
import type { ChildConfig } from "../config.js";
import { answer } from "./answer.js";
import { failureOf } from "./failure-of.js";
import type { Message } from "./inbox.js";
import type { Piece } from "./messages.js";
import { ModelCache } from "./model-cache.js";
import type { Channel } from "./serve.js";
import { surroundings, type Surroundings } from "./surroundings.js";

/** Answers questions to models for as long as the parent has any; several at a time, which take turns. */
export class AnswerJobs {
  readonly #channel: Channel;
  readonly #about: Surroundings;
  readonly #cache: ModelCache;
  /** By the ids of the questions under way. */
  readonly #cancels = new Map<number, AbortController>();

  constructor(config: ChildConfig, channel: Channel) {
    this.#channel = channel;
    this.#about = surroundings(config);
    this.#cache = new ModelCache(this.#about.home, config.models, (runId, archives) =>
      openModel(runId, { ...this.#about, archives }),
    );
  }

  async ask({ id, question, archives }: Message<"ask">): Promise<void> {
    const { say, inbox } = this.#channel;
    const cancel = new AbortController();
    this.#cancels.set(id, cancel);
    const context = {
      about: this.#about,
      signal: AbortSignal.any([inbox.signal, cancel.signal]),
      onPiece: (piece: Piece) => say({ type: "piece", id, piece }),
    };
    try {
      const given = await this.#cache.with(question.run_id, (model) => answer(question, model, context), archives);
      say({ type: "answer", id, answer: given });
    } catch (error) {
      say({ type: "refused", id, failure: failureOf(error) });
    } finally {
      this.#cancels.delete(id);
    }
  }

  /** Answers a question no further, unless that is over. */
  cancel(id: number): void {
    this.#cancels.get(id)?.abort();
  }

  /** Closes the models: nothing says any more that it needs their runs. */
  async close(): Promise<void> {
    await this.#cache.close();
    this.#channel.say({ type: "stopped" });
  }
}
