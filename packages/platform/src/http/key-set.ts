import { createHash, timingSafeEqual } from "node:crypto";

/**
 * API keys, held and compared as SHA-256 digests: all of equal length, each compared in constant time, and always with
 * every key, so that time tells neither how much of a key is right nor which it is.
 */
export class KeySet {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(sha256);
  }

  /** True without keys: everybody is let in. */
  get isOpen(): boolean {
    return this.#digests.length === 0;
  }

  has(key: string): boolean {
    const digest = sha256(key);
    return this.#digests.filter((each) => timingSafeEqual(each, digest)).length > 0;
  }
}

const sha256 = (key: string): Buffer => createHash("sha256").update(key).digest();
