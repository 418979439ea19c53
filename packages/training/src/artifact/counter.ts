import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";

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
