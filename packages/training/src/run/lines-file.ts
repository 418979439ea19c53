import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

/**
 * A file of JSON lines that a run appends to. A resumed run cuts it back to what its checkpoint had seen, so that it
 * reads as if the run had never been interrupted.
 */
export class LinesFile implements Disposable {
  readonly #fd: number;
  #bytes: number;

  /** Opens the file for appending after its first `bytes` bytes, or after its last whole line if it has fewer. */
  constructor(path: string, bytes: number) {
    this.#fd = openSync(path, "a+");
    this.#bytes = wholeLines(this.#fd, Math.min(bytes, fstatSync(this.#fd).size));
    ftruncateSync(this.#fd, this.#bytes);
  }

  /** Size of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends a line for each value; where there is no room for all of them, the file stays as it was. */
  append(values: readonly object[]): void {
    const lines = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    try {
      for (let at = 0; at < lines.length;) at += writeSync(this.#fd, lines, at);
    } catch (error) {
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
    this.#bytes += lines.length;
  }

  /** Forgets what comes after the first `bytes` bytes. */
  cutTo(bytes: number): void {
    this.#bytes = Math.min(bytes, this.#bytes);
    ftruncateSync(this.#fd, this.#bytes);
  }

  /** Makes what was written last through a power cut. */
  sync(): void {
    fdatasyncSync(this.#fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** The length of the file's first `end` bytes without the part of a line that may be at their end. */
function wholeLines(fd: number, end: number): number {
  const byte = Buffer.alloc(1);
  for (let at = end; at > 0; at--) {
    readSync(fd, byte, 0, 1, at - 1);
    if (byte[0] === 0x0a) return at;
  }
  return 0;
}
