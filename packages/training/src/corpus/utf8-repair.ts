import { isUtf8 } from "node:buffer";

const REPLACEMENT = Buffer.from("\uFFFD");
// The byte order mark of a file's start is the reader's business; elsewhere U+FEFF is a character like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Makes a stream of bytes valid UTF-8, chunk by chunk: what is not becomes U+FFFD, as the WHATWG decoder places it. */
export class Utf8Repair {
  /** Number of replacement characters so far. */
  replaced = 0;
  #carry: Uint8Array = new Uint8Array(0);

  /** Returns whole characters: one cut by the chunk's end waits for the next chunk. */
  push(chunk: Uint8Array): Buffer {
    const bytes = this.#carry.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#carry, chunk]);
    const whole = bytes.length - cutTail(bytes);
    this.#carry = Uint8Array.prototype.slice.call(bytes, whole);
    return this.#repair(bytes.subarray(0, whole));
  }

  end(): Buffer {
    const rest = this.#repair(asBuffer(this.#carry));
    this.#carry = new Uint8Array(0);
    return rest;
  }

  #repair(bytes: Buffer): Buffer {
    if (isUtf8(bytes)) return bytes;
    const repaired = Buffer.from(decoder.decode(bytes));
    this.replaced += count(repaired, REPLACEMENT) - count(bytes, REPLACEMENT);
    return repaired;
  }
}

export const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Length of the character that `bytes` breaks off within, 0 if it ends with a whole one. */
function cutTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes.readUInt8(bytes.length - back);
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0; // three continuation bytes: the end of a four-byte character, or not UTF-8 at all
}

function count(bytes: Buffer, needle: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) found++;
  return found;
}
