import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const MAX_BYTES = 16 * 2 ** 20;

/** A file that lines are added to. When it grows past `maxBytes` it becomes `<path>.1`, and a new one begins. */
export class LogFile implements Disposable {
  #file: number;
  #bytes: number;

  constructor(
    readonly path: string,
    readonly maxBytes = MAX_BYTES,
  ) {
    this.#file = open(path);
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Writes a line; a failing log (a full disk, say) stops nothing else. */
  write(line: string): void {
    try {
      this.#bytes += writeSync(this.#file, `${line}\n`);
      if (this.#bytes > this.maxBytes) this.#turn();
    } catch {
      // there is nowhere to say it
    }
  }

  /** The old file is closed when there is a new one: where that cannot be had, the old one goes on. */
  #turn(): void {
    if (existsSync(this.path)) renameSync(this.path, `${this.path}.1`);
    const next = open(this.path);
    closeSync(this.#file);
    this.#file = next;
    this.#bytes = 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function open(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, "a", 0o600);
}
