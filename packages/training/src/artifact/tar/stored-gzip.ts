import { Transform, type TransformCallback } from "node:stream";
import { crc32 } from "node:zlib";

/** Deflate (RFC 1951) stores at most this many bytes in a block. */
const BLOCK = 65535;
/** RFC 1952: magic, deflate, no flags, no time, no extra flags, system unknown. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/**
 * Bytes as a gzip file that stores them as they are. What zlib compresses to, and how it cuts what it stores, depends on
 * its version and on the processor; this depends on the bytes alone. Weights would hardly get smaller.
 */
export class StoredGzip extends Transform {
  readonly #pending = Buffer.alloc(BLOCK);
  #filled = 0;
  #crc = 0;
  #length = 0;

  constructor() {
    super();
    this.push(HEADER);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#crc = crc32(chunk, this.#crc);
    this.#length = (this.#length + chunk.length) % 2 ** 32;
    for (let taken = 0; taken < chunk.length;) {
      if (this.#filled === BLOCK) this.#block(false);
      const bytes = chunk.copy(this.#pending, this.#filled, taken);
      this.#filled += bytes;
      taken += bytes;
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#block(true);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#length, 4);
    done(null, trailer);
  }

  #block(last: boolean): void {
    const block = Buffer.alloc(5 + this.#filled);
    block.writeUInt8(last ? 1 : 0, 0);
    block.writeUInt16LE(this.#filled, 1);
    block.writeUInt16LE(BLOCK - this.#filled, 3); // its complement
    this.#pending.copy(block, 5, 0, this.#filled);
    this.push(block);
    this.#filled = 0;
  }
}
