import { LINE } from "../corpus/text-units.js";
import { asBuffer } from "../corpus/utf8-repair.js";
import { Random } from "../corpus/random.js";

/** A line that has no end is sampled by the piece. */
const LONGEST = 4096;

/**
 * A uniform sample of the lines of a text that streams by (Vitter 1985, algorithm R): the same for the same text and
 * seed, in memory that the number of lines bounds.
 */
export class LineSample {
  /** Lines seen. */
  seen = 0;
  readonly #lines: { readonly bytes: Uint8Array; readonly begins: boolean }[] = [];
  readonly #random: Random;

  /** @param most how many lines to keep */
  constructor(
    private readonly most: number,
    seed: number,
  ) {
    this.#random = new Random(seed);
  }

  /** Goes through a piece of text; lines end with it. */
  add(text: Uint8Array): void {
    for (let start = 0; start < text.length;) {
      const end = endOfLine(text, start);
      this.#offer(text.subarray(start, end), start === 0 || text[start - 1] === LINE);
      start = end;
    }
  }

  /** The lines kept, blank ones left out; of a long one pieces. */
  get lines(): readonly Uint8Array[] {
    return this.#lines.map(({ bytes }) => bytes);
  }

  /** Number of those lines: a long one counts by its first piece. */
  get wholeLines(): number {
    return this.#lines.filter(({ begins }) => begins).length;
  }

  #offer(line: Uint8Array, begins: boolean): void {
    const bare = withoutLineFeed(line);
    if (bare.length === 0) return;
    this.seen += 1;
    const place = this.seen <= this.most ? this.seen - 1 : Math.floor(this.#random.next() * this.seen);
    if (place < this.most) this.#lines[place] = { bytes: bare.slice(), begins }; // a copy: what streams by may be written over
  }
}

function endOfLine(text: Uint8Array, start: number): number {
  const feed = text.indexOf(LINE, start);
  const end = feed < 0 ? text.length : feed + 1;
  if (end - start <= LONGEST) return end;
  let cut = start + LONGEST;
  const bytes = asBuffer(text);
  while (cut > start + 1 && (bytes.readUInt8(cut) & 0xc0) === 0x80) cut -= 1; // not in the middle of a character
  return cut;
}

function withoutLineFeed(line: Uint8Array): Uint8Array {
  let end = line.length;
  while (end > 0 && (line[end - 1] === LINE || line[end - 1] === 0x0d)) end -= 1;
  return line.subarray(0, end);
}
