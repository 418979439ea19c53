import { openModel, type OpenModel } from "@trainer/training";
import type { ChildConfig } from "../config.js";
import { answer, type AnswerContext } from "./answer.js";
import { encode } from "./encode.js";
import { estimate } from "./estimate.js";
import { failureOf } from "./failure-of.js";
import type { Message } from "./inbox.js";
import type { Archives, Piece, Question } from "./messages.js";
import { plan } from "./plan.js";
import { ModelCache } from "./model-cache.js";
import { PieceBuffer } from "./piece-buffer.js";
import type { Channel } from "./serve.js";
import { secondsSince, Stages } from "./stages.js";
import { childContext, type ChildContext } from "./child-context.js";

/**
 * Answers questions to models and tokenizers, and about trainings, for as long as the parent has any, several at a time: generations of one model share their
 * steps, the others take turns.
 */
export class AnswerJobs {
  readonly #channel: Channel;
  readonly #about: ChildContext;
  readonly #cache: ModelCache;
  readonly #config: ChildConfig;
  /** By the ids of requests in flight. */
  readonly #cancels = new Map<number, AbortController>();

  constructor(config: ChildConfig, channel: Channel) {
    this.#channel = channel;
    this.#about = childContext(config);
    this.#config = config;
    this.#cache = new ModelCache(this.#about.home, config.models, (runId, archives) => this.#open(runId, archives));
  }

  async ask({ id, question, archives }: Message<"ask">): Promise<void> {
    const { say, inbox } = this.#channel;
    const pieces = new PieceBuffer((piece) => say({ type: "piece", id, piece }));
    const cancel = new AbortController();
    this.#cancels.set(id, cancel);
    const context = {
      about: this.#about,
      signal: AbortSignal.any([inbox.signal, cancel.signal]),
      onPiece: (piece: Piece) => pieces.push(piece),
    };
    try {
      const given = await this.#answer(question, context, archives, new Stages(say, id));
      pieces.end();
      say({ type: "answer", id, answer: given });
    } catch (error) {
      pieces.end();
      say({ type: "refused", id, failure: failureOf(error, this.#about.shown) });
    } finally {
      this.#cancels.delete(id);
    }
  }

  #answer(
    question: Question,
    context: AnswerContext,
    archives: Archives | undefined,
    stages: Stages,
  ): Promise<unknown> {
    if (question.kind === "encode") return stages.time("answer", () => encode(question, this.#about.home));
    if (question.kind === "estimate")
      return stages.time("answer", () => estimate(question, this.#config, { ...context, archives }));
    if (question.kind === "plan") return stages.time("answer", () => plan(question, this.#config, context));
    const asked = performance.now();
    return this.#cache.with(
      question.run_id,
      (model) => {
        stages.over("open_model", secondsSince(asked)); // an instant, for one that was open
        return stages.time("answer", () => answer(question, model, context));
      },
      archives,
    );
  }

  /** Answers a question no further, unless that is over. */
  cancel(id: number): void {
    this.#cancels.get(id)?.abort();
  }

  async #open(runId: string, archives: Archives | undefined): Promise<OpenModel> {
    const start = performance.now();
    const model = await openModel(runId, { ...this.#about, archives });
    const fields = { event: "model_opened", run_id: runId, elapsed_seconds: (performance.now() - start) / 1000 };
    this.#channel.say({ type: "log", level: "info", message: "model opened", fields });
    return model;
  }

  /** Closes the models, and releases their runs. */
  async close(): Promise<void> {
    await this.#cache.close();
    this.#channel.say({ type: "stopped" });
  }
}
