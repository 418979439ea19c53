import type { CorpusError } from "./corpus-error.js";

/** Takes a file's text in chunks and gives what of it is to be learned, in pieces. */
export interface TextExtractor {
  /** Halves of surrogate pairs that became U+FFFD so far. */
  readonly replaced: number;
  push(chunk: Buffer): Iterable<Buffer>;
  /** The rest when the file has ended. */
  end(): Iterable<Buffer>;
}

/** The same of a file of records: each piece is the text of one. */
export interface RecordReader extends TextExtractor {
  /** The field that the texts are in; null until a record has come, where it was not named. */
  readonly field: string | null;
}

const MOST = 256 << 20; // a record is parsed in memory, and V8 holds no string beyond 512 MiB

/** Parts that are held as they came; each has a hundred bytes of its own, so that more of them are joined. */
const MOST_PARTS = 1024;

/** The bytes of one record, gathered from chunks. */
export class RecordBytes {
  #joined: Buffer[] = [];
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @param tooLong what to throw for more than `most` bytes */
  constructor(
    private readonly tooLong: (most: number) => CorpusError,
    private readonly most = MOST,
  ) {}

  add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.most) throw this.tooLong(this.most);
    if (part.length > 0) this.#parts.push(part);
    if (this.#parts.length < MOST_PARTS) return;
    this.#joined.push(Buffer.concat(this.#parts));
    this.#parts = [];
  }

  take(): Buffer {
    const bytes = Buffer.concat([...this.#joined, ...this.#parts]);
    this.#joined = [];
    this.#parts = [];
    this.#bytes = 0;
    return bytes;
  }
}
