import type { Report } from "../child/messages.js";
import type { Child, LogFields } from "./child.js";

/**
 * Starts child processes, and keeps one ahead of the next job: Node.js, libtorch and the modules take half a second to
 * load, which is as much as a short training. The spare process has done nothing yet and does one job, as any other.
 *
 * It is started when no job has been under way for a while, or by `prepare`, not beside a job that goes on: it would take
 * half a second of a core, and hold memory for as long as that job lasts.
 */
export class Children implements Disposable {
  readonly #fork: () => Child;
  readonly #idleMs: number;
  readonly #atWork = new Set<Child>();
  #spare: Child | null = null;
  #jobs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(fork: () => Child, idleMs: number) {
    this.#fork = fork;
    this.#idleMs = idleMs;
    this.#awaitIdle();
  }

  /** Those that were started for a job. */
  get atWork(): ReadonlySet<Child> {
    return this.#atWork;
  }

  /** All that live, the spare one too. */
  get all(): readonly Child[] {
    return this.#spare === null ? [...this.#atWork] : [...this.#atWork, this.#spare];
  }

  /** A process for a job: the spare one if there is one. */
  start(onMessage: (message: Report) => void, fields?: LogFields): Child {
    const child = this.#spare ?? this.#fork();
    this.#spare = null;
    this.#atWork.add(child);
    child.whenEnded(() => this.#atWork.delete(child));
    child.employ(onMessage, fields);
    this.#awaitIdle();
    return child;
  }

  /** Starts the process of the next job ahead. */
  prepare(): void {
    if (this.#spare !== null) return;
    const child = this.#fork();
    this.#spare = child;
    // One that ends while it waits is forgotten, so that the next job starts one of its own.
    child.whenEnded(() => {
      if (this.#spare === child) this.#spare = null;
    });
  }

  /** A job is under way until what is returned is disposed of. */
  underWay(): Disposable {
    this.#jobs += 1;
    clearTimeout(this.#timer);
    return {
      [Symbol.dispose]: () => {
        this.#jobs -= 1;
        this.#awaitIdle();
      },
    };
  }

  /** Ends them all at once; what they write appears whole or not at all. */
  kill(): void {
    this.#spare?.kill();
    for (const child of this.#atWork) child.kill();
  }

  [Symbol.dispose](): void {
    this.#jobs = Infinity; // no spare is started any more
    clearTimeout(this.#timer);
    this.kill();
  }

  #awaitIdle(): void {
    clearTimeout(this.#timer);
    if (this.#jobs === 0) this.#timer = setTimeout(() => this.prepare(), this.#idleMs);
  }
}
