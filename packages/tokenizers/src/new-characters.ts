import { isUtf8 } from "node:buffer";
import { at } from "@trainer/disk";

/** The byte that a token stands for; undefined for any other token. */
export type ByteOf = (id: number) => number | undefined;

/** A text's tokens, and how many each of its documents has. */
interface Counted {
  readonly ids: Uint32Array;
  readonly counts: Uint32Array;
}

/**
 * Characters that a vocabulary has tokens of bytes for, several each, and none of their own. They get ids after it in the
 * order in which they are met.
 */
export class NewCharacters {
  /** By id from the first new one on. */
  readonly chars: string[] = [];
  readonly counts: number[] = [];
  readonly #byteOf: readonly (number | undefined)[];
  readonly #ids = new Map<string, number>();

  constructor(
    readonly first: number,
    byteOf: ByteOf,
    readonly mark: string,
  ) {
    this.#byteOf = Array.from({ length: first }, (_, id) => byteOf(id));
  }

  /** The same with one token for each such character. */
  replaced({ ids, counts }: Counted): Counted {
    const out = new Uint32Array(ids.length);
    let size = 0;
    let from = 0;
    const sizes = counts.map((count) => {
      const begin = size;
      for (const end = from + count; from < end; size++) {
        const found = this.#charAt(ids.subarray(from, end));
        out[size] = found === null ? at(ids, from) : this.#idOf(found.char);
        from += found?.length ?? 1;
      }
      return size - begin;
    });
    return { ids: out.subarray(0, size), counts: sizes };
  }

  /** The most frequent ones of those seen so often, by their ids. */
  mostFrequent(most: number, minFrequency: number): number[] {
    const { counts, first } = this;
    return counts
      .map((_, i) => i)
      .filter((i) => at(counts, i) >= minFrequency)
      .sort((a, b) => at(counts, b) - at(counts, a))
      .slice(0, most)
      .map((i) => first + i);
  }

  /** The character of several bytes whose tokens begin there; null where none does. */
  #charAt(ids: Uint32Array): { readonly char: string; readonly length: number } | null {
    const byte = this.#byteOf[at(ids, 0)] ?? 0;
    if (byte < 0xc0) return null;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    const bytes = Buffer.from(Array.from(ids.subarray(0, length), (id) => this.#byteOf[id] ?? 0));
    if (bytes.length < length || !isUtf8(bytes)) return null;
    const char = bytes.toString();
    return char === this.mark ? null : { char, length }; // a token of it would be a space
  }

  #idOf(char: string): number {
    const known = this.#ids.get(char);
    if (known !== undefined) {
      this.counts[known - this.first] = at(this.counts, known - this.first) + 1;
      return known;
    }
    const id = this.first + this.chars.push(char) - 1;
    this.counts.push(1);
    this.#ids.set(char, id);
    return id;
  }
}
