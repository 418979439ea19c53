import { isUtf8 } from "node:buffer";
import { readSync } from "node:fs";
import { unsound } from "./errors.js";
import { VALUE_BYTES, valueTypes, type Scalar, type Value, type ValueType } from "./values.js";

/** Bytes that are read in one go. */
const WINDOW = 1 << 16;
/** A vocabulary of 2^24 tokens has arrays of as many; no file has longer ones. */
export const MOST_ITEMS = 2 ** 24;
export const MOST_HEADER_BYTES = 500_000_000;

/**
 * Reads a file's header from its first byte on. Whatever the file says of itself, memory is taken for what it holds alone:
 * each length is checked against the bytes that are left.
 */
export class HeaderReader {
  #window = Buffer.alloc(0);
  #windowStart = 0;
  #at = 0;

  constructor(
    private readonly file: number,
    readonly path: string,
    readonly fileBytes: number,
  ) {}

  get at(): number {
    return this.#at;
  }

  /** Bytes after the place; what a header may still have. */
  get left(): number {
    return Math.min(this.fileBytes, MOST_HEADER_BYTES) - this.#at;
  }

  u32(what: string): number {
    return this.#take(4, what).readUInt32LE();
  }

  /** A count or an offset. */
  u64(what: string): number {
    const value = this.#take(8, what).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw unsound(this.path, `${what} is ${value}`);
    return Number(value);
  }

  /** A count of things of at least so many bytes each, refused where the file cannot hold them. */
  count(what: string, leastBytes: number): number {
    const count = this.u64(what);
    if (count * leastBytes > this.left)
      throw unsound(this.path, `${what} is ${count}, for which ${this.left} bytes do not suffice`);
    return count;
  }

  text(what: string): string {
    const length = this.count(`the length of ${what}`, 1);
    const bytes = this.#take(length, what);
    if (!isUtf8(bytes)) throw unsound(this.path, `${what} is not UTF-8`);
    return bytes.toString();
  }

  value(what: string): Value {
    const type = this.#type(what);
    if (type !== "array") return this.#scalar(type, what);
    const of = this.#type(`an item of ${what}`);
    if (of === "array") throw unsound(this.path, `${what} is an array of arrays, as none of a model is`);
    const count = this.count(`the length of ${what}`, VALUE_BYTES[of]);
    if (count > MOST_ITEMS) throw unsound(this.path, `${what} has ${count} items, more than any has`);
    const items: Scalar[] = [];
    for (let i = 0; i < count; i++) items.push(this.#scalar(of, `item ${i} of ${what}`));
    return items;
  }

  #type(what: string): ValueType {
    const id = this.u32(`the type of ${what}`);
    const type = valueTypes[id];
    if (type !== undefined) return type;
    throw unsound(this.path, `the type of ${what} is ${id}; types go from 0 to ${valueTypes.length - 1}`);
  }

  #scalar(type: Exclude<ValueType, "array">, what: string): Scalar {
    switch (type) {
      case "uint8":
        return this.#take(1, what).readUInt8();
      case "int8":
        return this.#take(1, what).readInt8();
      case "uint16":
        return this.#take(2, what).readUInt16LE();
      case "int16":
        return this.#take(2, what).readInt16LE();
      case "uint32":
        return this.u32(what);
      case "int32":
        return this.#take(4, what).readInt32LE();
      case "float32":
        return this.#take(4, what).readFloatLE();
      case "float64":
        return this.#take(8, what).readDoubleLE();
      case "uint64":
        return exact(this.#take(8, what).readBigUInt64LE());
      case "int64":
        return exact(this.#take(8, what).readBigInt64LE());
      case "string":
        return this.text(what);
      case "bool": {
        const byte = this.#take(1, what).readUInt8();
        if (byte > 1) throw unsound(this.path, `${what} is a boolean of the value ${byte}`);
        return byte === 1;
      }
    }
  }

  #take(length: number, what: string): Buffer {
    if (length > this.left)
      throw unsound(this.path, `it ends within ${what}: ${length} bytes were expected, ${this.left} are left`);
    const from = this.#at - this.#windowStart;
    if (from + length > this.#window.length) {
      const window = Buffer.alloc(Math.min(Math.max(WINDOW, length), this.fileBytes - this.#at));
      const read = readSync(this.file, window, 0, window.length, this.#at);
      this.#window = window.subarray(0, read);
      this.#windowStart = this.#at;
      if (read < length) throw unsound(this.path, `it ends within ${what}: it became shorter as it was read`);
    }
    const start = this.#at - this.#windowStart;
    this.#at += length;
    return this.#window.subarray(start, start + length);
  }
}

const exact = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};
