import { pipeline, Readable } from "node:stream";
import type { Extract, Header } from "tar-stream";
import { z } from "zod";
import { CorpusError } from "../corpus-error.js";
import type { Compression } from "../file-kinds.js";
import { readBytes } from "../read-file.js";
import { unsound } from "../unreadable.js";
import type { ArchiveFile } from "./archive-entry.js";

export interface TarFile extends ArchiveFile {
  readonly compression: Compression | null;
}

type Member = AsyncIterable<unknown> & { readonly header: Header };

/** Bytes of a member's beginning that are held. */
const HELD_BYTES = 4 << 20;

const Chunk = z.instanceof(Buffer);

/** Zeros that an archive ends with, at least. */
const END_BYTES = 1024;

/** One reading of a tar archive from its beginning on, member by member. */
export class TarPass implements Disposable {
  /** Place of the member at hand, counted from 0; -1 before the first. */
  place = -1;
  /** True if the member at hand can be read from its beginning: a file's start is looked at more than once. */
  isAtStart = true;
  readonly #file: TarFile;
  readonly #extract: Extract;
  readonly #members: AsyncIterator<Member>;
  /** What is left of the member at hand. */
  #rest: AsyncIterator<unknown> | null = null;
  /** What was read of it, until that is too much to be held. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The last bytes that were read. */
  #end: Buffer = Buffer.alloc(0);

  private constructor(file: TarFile, extract: Extract) {
    this.#file = file;
    this.#extract = extract;
    this.#members = extract[Symbol.asyncIterator]();
    pipeline(Readable.from(this.#bytes()), extract, () => {}); // members tell of errors
  }

  static async open(file: TarFile): Promise<TarPass> {
    const { extract } = await import("tar-stream"); // here, or every command would load it
    return new TarPass(file, extract());
  }

  /** True if what was read ends as an archive does. */
  get isWhole(): boolean {
    return this.#end.length === END_BYTES && this.#end.every((byte) => byte === 0);
  }

  /** Goes on to the next member; null after the last. */
  async next(): Promise<Header | null> {
    while (await this.#more());
    const found = await this.#explained(this.#members.next());
    if (found.done === true) return null;
    const member = found.value;
    this.place += 1;
    this.#rest = member[Symbol.asyncIterator]();
    [this.#held, this.#heldBytes, this.isAtStart] = [[], 0, true];
    return member.header;
  }

  /** The bytes of the member at hand, from its beginning. */
  async *content(): AsyncGenerator<Buffer, void, undefined> {
    yield* this.#held;
    for (let chunk = await this.#more(); chunk !== null; chunk = await this.#more()) yield chunk;
  }

  /**
   * More of the member at hand; null at its end. An iteration by the language would destroy the archive where its reader
   * leaves early.
   */
  async #more(): Promise<Buffer | null> {
    if (this.#rest === null) return null;
    const found = await this.#explained(this.#rest.next());
    if (found.done === true) {
      this.#rest = null;
      return null;
    }
    const chunk = Chunk.parse(found.value);
    this.#heldBytes += chunk.length;
    this.isAtStart = this.#heldBytes <= HELD_BYTES;
    if (this.isAtStart) this.#held.push(chunk);
    else this.#held = [];
    return chunk;
  }

  [Symbol.dispose](): void {
    this.#extract.destroy();
  }

  async *#bytes(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of readBytes(this.#file)) {
      this.#end = Buffer.concat([this.#end, chunk.subarray(-END_BYTES)]).subarray(-END_BYTES);
      yield chunk;
    }
  }

  async #explained<T>(read: Promise<T>): Promise<T> {
    try {
      return await read;
    } catch (error) {
      throw error instanceof CorpusError ? error : damagedTar(this.#file.path, error);
    }
  }
}

export const damagedTar = (path: string, cause: unknown): CorpusError => unsound(path, "no sound tar archive", cause);
