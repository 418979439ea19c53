import type { Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, writeFile, type FileHandle } from "node:fs/promises";
import { newHash, type ContentHash } from "./content-hash.js";

const BUFFER_BYTES = 1 << 20;

/** The beginning of a file, and the hash of what is there of it. */
export class Part implements AsyncDisposable {
  #hash: Hash;
  #bytes = 0;
  #resumed = false;

  private constructor(
    private readonly file: FileHandle,
    private readonly expected: ContentHash,
  ) {
    this.#hash = newHash(expected);
  }

  /** Opens a partial download, to be resumed if it exists. */
  static async open(path: string, expected: ContentHash): Promise<Part> {
    const part = new Part(await open(path, "a"), expected);
    const content: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: BUFFER_BYTES });
    for await (const chunk of content) part.#take(chunk);
    part.#resumed = part.#bytes > 0;
    return part;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True if a part existed when it was opened. */
  get resumed(): boolean {
    return this.#resumed;
  }

  /** True if all that is there is the file. */
  get isRight(): boolean {
    return this.#hash.copy().digest("hex") === this.expected.hex;
  }

  /** If `chunks` throw, all earlier ones are in the file. */
  async append(chunks: AsyncIterable<Buffer>, onChunk: () => void): Promise<void> {
    const take = (chunk: Buffer) => this.#take(chunk);
    async function* taken() {
      for await (const chunk of chunks) {
        yield chunk;
        take(chunk);
        onChunk();
      }
    }
    await writeFile(this.file, taken());
  }

  async reset(): Promise<void> {
    await this.file.truncate(0);
    this.#hash = newHash(this.expected);
    this.#bytes = 0;
    this.#resumed = false;
  }

  sync(): Promise<void> {
    return this.file.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
  }

  #take(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }
}
