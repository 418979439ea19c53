import { AppError, background } from "@trainer/platform";
import { EventEmitter } from "node:events";
import { open, type FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLinesAt, linesAt } from "./lines.js";

/** Source of a tail. */
export interface Source {
  /** Current path of the file; null while it does not exist. It may move, but its content may not change. */
  path(): Promise<string | null>;
  /** True if nothing more will be written. */
  isOver(): Promise<boolean>;
}

/** Lines of the file, as server-sent events: each with the byte behind it as its id. */
export interface Chunk {
  readonly end: number;
  readonly frames: Buffer;
}

/**
 * A file that lines are added to, looked at by one loop for all who follow it. What is new is made into events once; who
 * is behind reads the file for themselves, so that nobody is waited for, and nothing is kept for anybody.
 */
export class Tail {
  /** "change": there are more lines, or there will be no more, or they cannot be read. */
  readonly changes = new EventEmitter().setMaxListeners(0);
  followers = 0;
  /** Behind the last whole line. */
  end = 0;
  /** Nothing more will come. */
  over = false;
  /** Resolves after the first read of the file. */
  readonly ready: Promise<void>;
  readonly #source: Source;
  #failure: unknown = null;
  readonly #stopped = new AbortController();
  /** The newest lines, shared by the many followers that have all earlier ones. */
  #latest: (Chunk & { readonly start: number }) | null = null;

  constructor(source: Source, pollMs: number) {
    this.#source = source;
    this.ready = this.#look().catch(this.#fail);
    background(this.#watch(pollMs), this.#fail);
  }

  /** Start of the last `count` lines. */
  async beginningOf(count: number): Promise<number> {
    await using file = await this.#open();
    return file === null ? 0 : (await lastLinesAt(file, count)).start;
  }

  /** @param at before `end` */
  async read(at: number): Promise<Chunk> {
    if (this.#latest?.start === at) return this.#latest;
    return framed(at, await this.#bytes(at));
  }

  /** @throws AppError LOGS_READ_FAILED once the file could not be read */
  throwIfFailed(): void {
    if (this.#failure === null) return;
    throw new AppError("LOGS_READ_FAILED", "failed to read logs", { cause: this.#failure });
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #watch(pollMs: number): Promise<void> {
    await this.ready;
    const { signal } = this.#stopped;
    while (!signal.aborted && !this.over && this.#failure === null) {
      const over = await this.#source.isOver().catch(() => false); // checked first: lines written before are seen
      await this.#look();
      this.over = over;
      if (over) this.changes.emit("change");
      else await sleep(pollMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  readonly #fail = (error: unknown): void => {
    this.#failure ??= error;
    this.changes.emit("change");
  };

  /** A file that has become shorter is one that a resumed run has cut back. */
  async #look(): Promise<void> {
    const before = this.end;
    this.end = await this.#whole();
    if (this.end === before) return;
    this.#latest = null;
    if (before < this.end && this.end - before <= LATEST_BYTES) {
      this.#latest = { start: before, ...framed(before, await this.#bytes(before)) };
    }
    this.changes.emit("change");
  }

  async #whole(): Promise<number> {
    await using file = await this.#open();
    return file === null ? this.end : (await lastLinesAt(file, 0)).end;
  }

  async #bytes(at: number): Promise<Buffer> {
    await using file = await this.#open();
    return file === null ? Buffer.alloc(0) : await linesAt(file, at, this.end);
  }

  /** Null while it is not there, or is being moved. */
  async #open(): Promise<FileHandle | null> {
    const path = await this.#source.path();
    return path === null ? null : await open(path).catch(() => null);
  }
}

const LATEST_BYTES = 64 << 10;

function framed(start: number, bytes: Buffer): Chunk {
  const frames: string[] = [];
  let at = start;
  for (const line of bytes.toString("utf8").split("\n").slice(0, -1)) {
    at += Buffer.byteLength(line) + 1;
    frames.push(`id: ${at}\ndata: ${line}\n\n`);
  }
  return { end: at, frames: Buffer.from(frames.join("")) };
}
