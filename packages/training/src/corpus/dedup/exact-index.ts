import { at } from "@trainer/disk";
import { Rows } from "./rows.js";

const DIGEST = 4; // numbers of a digest that are kept: 128 bits
const FIRST_SLOTS = 1 << 12;

/** Documents by 128 bits of their SHA-256: a table of open addressing, in 16 bytes a document and its number. */
export class ExactIndex {
  readonly #rows = new Rows(DIGEST + 1);
  #slots = new Uint32Array(FIRST_SLOTS); // a row's index plus one; 0: none

  get bytes(): number {
    return this.#rows.bytes + this.#slots.byteLength;
  }

  /** Number of the document with that digest, or null. */
  find(digest: Buffer): number | null {
    const row = Number(this.#slots[this.#slotOf(digest)]);
    return row === 0 ? null : at(this.#rows.row(row - 1), DIGEST);
  }

  /** Adds a document that is not there. */
  add(digest: Buffer, document: number): void {
    if (2 * this.#rows.length >= this.#slots.length) this.#grow();
    this.#slots[this.#slotOf(digest)] = this.#rows.length + 1;
    const row = this.#rows.push();
    for (let i = 0; i < DIGEST; i++) row[i] = digest.readUInt32LE(4 * i);
    row[DIGEST] = document;
  }

  /** The slot that has the digest, or the free one where it belongs. */
  #slotOf(digest: Buffer): number {
    const mask = this.#slots.length - 1;
    let slot = digest.readUInt32LE() & mask;
    for (;;) {
      const row = Number(this.#slots[slot]);
      if (row === 0 || isOf(this.#rows.row(row - 1), digest)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let i = 0; i < this.#rows.length; i++) {
      let slot = at(this.#rows.row(i), 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = i + 1;
    }
    this.#slots = slots;
  }
}

const isOf = (row: Uint32Array, digest: Buffer) =>
  row[0] === digest.readUInt32LE(0) &&
  row[1] === digest.readUInt32LE(4) &&
  row[2] === digest.readUInt32LE(8) &&
  row[3] === digest.readUInt32LE(12);
