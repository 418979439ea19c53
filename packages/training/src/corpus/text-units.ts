import { asciiSpaces } from "./whitespace.js";

export const LINE = 0x0a;
export const WORD = 0x20;

/** Counts the units of a text that comes in pieces: what ends with `separator` and is not blank; blank ones join the next. */
export class TextUnits {
  /** Whole units so far. */
  count = 0;
  #hasText = false;

  constructor(private readonly separator: typeof LINE | typeof WORD) {}

  /** Units in all, if the text ends here: its last one needs no separator. */
  get total(): number {
    return this.count + (this.#hasText ? 1 : 0);
  }

  /** Goes through a piece; `onEnd` hears where in it each unit ends, `count` being the number of units up to there. */
  scan(piece: Buffer, onEnd: (end: number) => void = () => {}): void {
    let start = 0;
    for (let at = piece.indexOf(this.separator); at >= 0; at = piece.indexOf(this.separator, start)) {
      if (this.#hasText || hasText(piece, start, at)) {
        this.count += 1;
        this.#hasText = false;
        onEnd(at + 1);
      }
      start = at + 1;
    }
    this.#hasText ||= hasText(piece, start, piece.length);
  }
}

function hasText(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!asciiSpaces.has(bytes[at])) return true;
  return false;
}
