import { asciiSpaces } from "./whitespace.js";

export const LINE = 0x0a;
const WORD = 0x20;

/**
 * Where a unit may end besides at a line's end: at a space from `soft` bytes on, at any character from `hard` bytes on.
 */
interface Limits {
  readonly soft: number;
  readonly hard: number;
}

export const BY_LINE: Limits = { soft: 1024, hard: 4096 };
export const BY_WORD: Limits = { soft: 0, hard: Infinity };

/** Counts the units of a text that comes in pieces: its lines, long ones in parts, or its words. Blank ones join the next. */
export class TextUnits {
  /** Whole units so far. */
  count = 0;
  /** Number of units that are parts of longer lines. */
  parts = 0;
  #hasText = false;
  #length = 0;

  constructor(private readonly limits: Limits) {}

  /** Units in all, if the text ends here: its last one needs no separator. */
  get total(): number {
    return this.count + (this.#hasText ? 1 : 0);
  }

  /**
   * Scans a piece; `onEnd` is called with the end of each unit in it, `count` being the number of units up to there.
   */
  scan(piece: Buffer, onEnd: (end: number) => void = () => {}): void {
    let start = 0;
    for (let end = this.#endOf(piece, 0); end >= 0; end = this.#endOf(piece, start)) {
      this.#hasText ||= hasText(piece, start, end);
      this.#length = 0;
      start = end;
      if (!this.#hasText) continue;
      this.count += 1;
      if (piece[end - 1] !== LINE) this.parts += 1;
      this.#hasText = false;
      onEnd(end);
    }
    this.#hasText ||= hasText(piece, start, piece.length);
    this.#length += piece.length - start;
  }

  /** End in this piece of the unit at `start`, 0 if it ended with the piece before; -1 if it continues. */
  #endOf(piece: Buffer, start: number): number {
    const soft = start + Math.max(0, this.limits.soft - this.#length);
    const hard = start + Math.max(this.#length === 0 ? 1 : 0, this.limits.hard - this.#length);
    const near = piece.subarray(start, soft).indexOf(LINE);
    if (near >= 0) return start + near + 1;
    for (let at = soft; at < Math.min(hard, piece.length); at += 1) {
      if (piece[at] === LINE || piece[at] === WORD) return at + 1;
    }
    for (let at = hard; at < piece.length; at += 1) if ((piece.readUInt8(at) & 0xc0) !== 0x80) return at;
    return -1;
  }
}

function hasText(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!asciiSpaces.has(bytes[at])) return true;
  return false;
}
