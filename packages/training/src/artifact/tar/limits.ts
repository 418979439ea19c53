import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { refused } from "./strict-tar.js";

/** What an archive may take up. */
export interface UnpackLimits {
  /** Bytes unpacked; 1 TiB unless told otherwise. */
  readonly maxBytes: number;
  /** Bytes unpacked for each byte of the archive, beyond the first 16 MiB. Text that repeats itself may come to 100. */
  readonly maxRatio: number;
}

export const UNPACK_LIMITS: UnpackLimits = { maxBytes: 2 ** 40, maxRatio: 200 };
const FREE = 16 << 20;

/** Lets unpacked bytes through while they are within the limits; `packed` says how many packed ones they came from. */
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

  /** The SHA-256 of what has come through, as hexadecimal digits. To be asked once, at the end. */
  sha256(): string {
    return this.#hash.digest("hex");
  }
}
