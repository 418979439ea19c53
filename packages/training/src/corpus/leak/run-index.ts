const FIRST_SLOTS = 1 << 12;
const SLOT = 3; // hash, the other hash, and what is known of it
const [FREE, UNSEEN] = [0, 1] as const;

/** Runs of words by 64 bits of hash, and the first document that each was seen in: a table of open addressing. */
export class RunIndex {
  #length = 0;
  #slots = new Uint32Array(SLOT * FIRST_SLOTS);

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Adds a run that may be there already. */
  add(hash: number, more: number): void {
    if (2 * SLOT * this.#length >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(hash, more);
    if (this.#slots[slot + 2] !== FREE) return;
    this.#put(slot, hash, more, UNSEEN);
    this.#length += 1;
  }

  /** A document has the run, whether it is here or not. */
  see(hash: number, more: number, document: number): void {
    const slot = this.#slotOf(hash, more);
    if (this.#slots[slot + 2] === UNSEEN) this.#slots[slot + 2] = document + 2;
  }

  /** The first document that the run was seen in, or null. */
  seenIn(hash: number, more: number): number | null {
    const known = Number(this.#slots[this.#slotOf(hash, more) + 2]);
    return known <= UNSEEN ? null : known - 2;
  }

  /** Place of the run, or the free one where it belongs. */
  #slotOf(hash: number, more: number): number {
    const mask = this.#slots.length / SLOT - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const start = SLOT * slot;
      if (this.#slots[start + 2] === FREE) return start;
      if (this.#slots[start] === hash && this.#slots[start + 1] === more) return start;
    }
  }

  #put(start: number, hash: number, more: number, known: number): void {
    this.#slots[start] = hash;
    this.#slots[start + 1] = more;
    this.#slots[start + 2] = known;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let start = 0; start < old.length; start += SLOT) {
      const [hash, more, known] = [Number(old[start]), Number(old[start + 1]), Number(old[start + 2])];
      if (known !== FREE) this.#put(this.#slotOf(hash, more), hash, more, known);
    }
  }
}
