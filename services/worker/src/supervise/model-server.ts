import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "@trainer/training/files";
import type { Archives, Piece, Question, Report, Stage } from "../child/messages.js";
import type { Child, Ended } from "./child.js";
import { crashOf } from "./crash.js";

/** Time for closing models. */
const CLOSING_MS = 2000;

/** Failure of a request. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** A question, and where the runs are that it is about, if this machine knows nothing of them. */
interface About {
  readonly question: Question;
  readonly archives: Archives;
}

/** Called with the stages of an answer, as they end. */
type OnStage = (stage: Stage) => void;

interface InFlight {
  readonly onStage: OnStage;
  readonly onPiece: (piece: Piece) => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Refused) => void;
}

/**
 * Sends requests to the one process that keeps models open. It is started with the first request, and again after it
 * has died; its pending requests are then repeated one by one, so that the one it died of takes no other down.
 */
export class ModelServer implements AsyncDisposable {
  readonly #startChild: (onMessage: (message: Report) => void) => Child;
  readonly #onCrash: (failure: Failure) => void;
  readonly #inFlight = new Map<number, InFlight>();
  #child: Child | null = null;
  #ids = 0;
  #closed = false;
  /** Repeated requests, one after another. */
  #again: Promise<unknown> = Promise.resolve();

  constructor(startChild: (onMessage: (message: Report) => void) => Child, onCrash: (failure: Failure) => void) {
    this.#startChild = startChild;
    this.#onCrash = onCrash;
  }

  /**
   * @param signal cancels the question; its reason is what is thrown
   * @throws Refused
   */
  async ask(about: About, onPiece: (piece: Piece) => void, signal: AbortSignal, onStage: OnStage): Promise<unknown> {
    const pieces = new Pieces(onPiece);
    const once = () => this.#askOnce(about, { onPiece: pieces.put, onStage }, signal);
    try {
      return await once();
    } catch (error) {
      if (this.#closed || !(error instanceof Crashed)) throw error;
      pieces.again();
      const alone = this.#again.then(once);
      this.#again = alone.catch(() => {});
      return await alone;
    }
  }

  /** Lets the process close its models, for as long as that may take. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    child?.say({ type: "stop" });
    await Promise.race([child?.ended, sleep(CLOSING_MS, undefined, { ref: false })]);
    child?.kill();
  }

  async #askOnce(about: About, heard: Pick<InFlight, "onPiece" | "onStage">, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const id = (this.#ids += 1);
    let cancel = () => {};
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#inFlight.set(id, { ...heard, resolve, reject });
      const child = this.#running();
      child.say({ type: "ask", id, ...about });
      cancel = () => {
        this.#inFlight.delete(id);
        child.say({ type: "cancel", id });
        reject(signal.reason);
      };
    });
    signal.addEventListener("abort", cancel);
    return await answer.finally(() => signal.removeEventListener("abort", cancel));
  }

  #running(): Child {
    if (this.#child !== null) return this.#child;
    const child = this.#startChild((message) => this.#hear(message));
    this.#child = child;
    child.whenEnded((ended) => this.#mourn(child, ended));
    return child;
  }

  #mourn(child: Child, ended: Ended): void {
    const failure = crashOf(ended, "answers questions");
    this.#child = null;
    if (!child.killed) this.#onCrash(failure);
    for (const { reject } of this.#take()) reject(new Crashed(failure));
  }

  #take(): InFlight[] {
    const inFlight = [...this.#inFlight.values()];
    this.#inFlight.clear();
    return inFlight;
  }

  #hear(message: Report): void {
    if (message.type === "stopped") this.#child?.kill();
    if (message.type === "stage") return this.#inFlight.get(Number(message.id))?.onStage(message.stage);
    if (message.type !== "piece" && message.type !== "answer" && message.type !== "refused") return;
    const inFlight = this.#inFlight.get(message.id);
    if (message.type === "piece") return inFlight?.onPiece(message.piece);
    this.#inFlight.delete(message.id);
    if (message.type === "answer") inFlight?.resolve(message.answer);
    else inFlight?.reject(new Refused(message.failure));
  }
}

/** Passes pieces of an answer on, and of an answer that is given once more, to the same seed, what has not been passed on. */
class Pieces {
  readonly #onPiece: (piece: Piece) => void;
  /** Length of each sequence's text that was passed on, and how much of it was repeated. */
  readonly #passed = new Map<number, number>();
  #skip = new Map<number, number>();

  constructor(onPiece: (piece: Piece) => void) {
    this.#onPiece = onPiece;
  }

  again(): void {
    this.#skip = new Map(this.#passed);
  }

  readonly put = ({ sequence, text }: Piece): void => {
    const skip = this.#skip.get(sequence) ?? 0;
    const rest = text.slice(skip);
    this.#skip.set(sequence, Math.max(0, skip - text.length));
    if (rest === "") return;
    this.#passed.set(sequence, (this.#passed.get(sequence) ?? 0) + rest.length);
    this.#onPiece({ sequence, text: rest });
  };
}

/** The process died of it, or of a request beside it. */
class Crashed extends Refused {}
