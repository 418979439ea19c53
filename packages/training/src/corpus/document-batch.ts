import { asBuffer } from "./utf8-repair.js";
import { asciiSpaces, trimSpace } from "./whitespace.js";

/**
 * Documents in a row: document i is `bytes[ends[i - 1] ?? 0 .. ends[i]]`, UTF-8. `continued`: the first of them is the
 * next piece of the last of the batch before; `open`: the last continues in the batch after. A document larger than a
 * batch comes in pieces, so that memory does not grow with it.
 */
export interface DocumentBatch {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  readonly continued: boolean;
  readonly open: boolean;
}

export const BATCH_BYTES = 4 << 20;

/** Packs documents into batches. Texts are appended to the document at hand until `end` or `drop`. */
export class BatchBuilder {
  /** Documents that have ended so far. */
  documents = 0;
  #bytes: Buffer;
  #length = 0;
  #start = 0;
  #ends: number[] = [];
  #continued = false;
  #ready: DocumentBatch[] = [];

  constructor(private readonly capacity = BATCH_BYTES) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** True if nothing was appended to the current document. */
  get isNew(): boolean {
    const resumes = this.#continued && this.#ends.length === 0;
    return this.#length === this.#start && !resumes;
  }

  append(source: Buffer, start = 0, end = source.length): void {
    let at = start;
    while (end - at > this.capacity - this.#length) {
      const room = this.capacity - this.#length;
      this.#copy(source, at, at + room);
      at += room;
      this.#makeRoom();
    }
    this.#copy(source, at, end);
  }

  /** Takes whitespace off the end of the document at hand; what left in an earlier piece stays. */
  trimEnd(): void {
    this.#length = trimSpace(this.#bytes, this.#start, this.#length);
  }

  /** Takes one `byte` off the end of the document at hand, if it is there. */
  trimByte(byte: number): void {
    if (this.#length > this.#start && this.#bytes[this.#length - 1] === byte) this.#length -= 1;
  }

  /** The document at hand is whole; an empty one is none. */
  end(): void {
    if (this.isNew) return;
    this.documents += 1;
    this.#ends.push(this.#length);
    this.#start = this.#length;
  }

  /** Forgets the document at hand, or what of it has not left in a piece yet. */
  drop(): void {
    this.#length = this.#start;
    this.end();
  }

  /** Finishes the batch at hand. Call it between documents. */
  flush(): void {
    if (this.#ends.length > 0) this.#emit(false);
  }

  /** The batches finished since the last call. */
  take(): DocumentBatch[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  #copy(source: Buffer, start: number, end: number): void {
    this.#length += source.copy(this.#bytes, this.#length, start, end);
  }

  /** The buffer is full within a document: whole documents before it leave, or else a first piece of it. */
  #makeRoom(): void {
    if (this.#ends.length > 0) {
      this.#emit(false);
      return;
    }
    this.#ends.push(safeCut(this.#bytes.subarray(0, this.#length)));
    this.#emit(true);
  }

  #emit(open: boolean): void {
    const ends = Uint32Array.from(this.#ends);
    const length = ends.at(-1);
    const rest = this.#bytes.subarray(length, this.#length);
    this.#ready.push({ bytes: this.#bytes.subarray(0, length), ends, continued: this.#continued, open });
    // A fresh buffer: the one that left may still be being encoded.
    this.#bytes = Buffer.allocUnsafeSlow(this.capacity);
    this.#bytes.set(rest);
    this.#length = rest.length;
    this.#start = 0;
    this.#ends = [];
    this.#continued = open;
  }
}

/**
 * Place to cut a piece off a long text so that encoding the pieces equals encoding the whole. Between an ASCII letter
 * or digit and ASCII whitespace every pattern of the GPT-2 family (GPT-2, Llama 3, Qwen 2) ends a token and looks no
 * further back. Only a text without such a place in half a piece is cut between any two characters.
 */
function safeCut(bytes: Buffer): number {
  const half = bytes.length >> 1;
  for (let at = bytes.length - 1; at > half; at--) {
    if (asciiSpaces.has(bytes[at]) && ALPHANUMERIC.has(bytes[at - 1])) return at;
  }
  let at = bytes.length - 1;
  while (at > half && (bytes.readUInt8(at) & 0xc0) === 0x80) at -= 1;
  return at;
}

const ALPHANUMERIC: ReadonlySet<number | undefined> = new Set(
  Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
);

/** A view of a batch's bytes to hash from. */
export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A part of a document, or all of it. */
export interface DocumentPiece {
  readonly bytes: Buffer;
  readonly begins: boolean;
  readonly ends: boolean;
}

/** The documents of a batch, of which the first may have begun before it, and the last may go on. */
export function* piecesOf(batch: DocumentBatch): Generator<DocumentPiece, void, undefined> {
  let left = batch.ends.length;
  let begins = !batch.continued;
  for (const bytes of documentsOf(batch)) {
    left -= 1;
    yield { bytes, begins, ends: left > 0 || !batch.open };
    begins = true;
  }
}

/** The documents of a batch, each as a view of its bytes. */
export function* documentsOf(batch: Pick<DocumentBatch, "bytes" | "ends">): Generator<Buffer, void, undefined> {
  const bytes = asBuffer(batch.bytes);
  let start = 0;
  for (const end of batch.ends) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

/** Texts as the documents of a batch. */
export function joined(texts: readonly Buffer[]): Pick<DocumentBatch, "bytes" | "ends"> {
  let end = 0;
  const ends = Uint32Array.from(texts, ({ length }) => (end += length));
  return { bytes: Buffer.concat(texts), ends };
}
