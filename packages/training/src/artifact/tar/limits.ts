import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { refused } from "./strict-tar.js";

/** Limits of an archive. */
export interface UnpackLimits {
  /** Unpacked bytes; 1 TiB by default. */
  readonly maxBytes: number;
  /** Bytes unpacked for each byte of the archive, beyond the first 16 MiB. Text that repeats itself may come to 100. */
  readonly maxRatio: number;
}

export const UNPACK_LIMITS: UnpackLimits = { maxBytes: 2 ** 40, maxRatio: 200 };
const FREE = 16 << 20;

/**
 * Passes unpacked bytes on while they are within the limits; `packed` returns the number of packed ones they came from.
 */
export class ExpansionLimit extends Transform {
  #bytes = 0;

  constructor(
    readonly limits: UnpackLimits,
    readonly packed: () => number,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    const { maxBytes, maxRatio } = this.limits;
    if (this.#bytes > maxBytes) done(refused(`it unpacks to more than ${maxBytes} bytes`));
    else if (this.#bytes > FREE + maxRatio * this.packed())
      done(refused(`it unpacks to over ${maxRatio} times its size`));
    else done(null, chunk);
  }
}

/** Lets bytes through, counts them and hashes them. */
export class Counter extends Transform {
  readonly #hash = createHash("sha256");
  bytes = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
    done(null, chunk);
  }

  /** The SHA-256 of all bytes, as hexadecimal digits. Call once, at the end. */
  sha256(): string {
    return this.#hash.digest("hex");
  }
}
