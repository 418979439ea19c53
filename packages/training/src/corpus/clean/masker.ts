import { LONGEST, MASKED, type Found } from "./masks.js";

/** Puts masks in the place of personal data in a document that comes in pieces. */
export class Masker {
  #held = "";

  constructor(
    private readonly find: (text: string) => readonly Found[],
    private readonly onFound: (found: Found, written: string) => void,
  ) {}

  /** The text so far with its masks, but for an end that may go on, unless the document has ended. */
  push(piece: Buffer, ends: boolean): Buffer {
    const text = this.#held + piece.toString();
    const found = this.find(text);
    const cut = ends ? text.length : cutOf(text, found);
    let [masked, at] = ["", 0];
    for (const each of found) {
      if (each.end > cut) break;
      masked += text.slice(at, each.start) + MASKED[each.kind];
      at = each.end;
      this.onFound(each, text.slice(each.start, each.end));
    }
    this.#held = text.slice(cut);
    return Buffer.from(masked + text.slice(at, cut));
  }
}

/** Place before which nothing depends on what follows: at a blank, if there is one, and outside of what was found. */
function cutOf(text: string, found: readonly Found[]): number {
  const most = Math.max(0, text.length - LONGEST);
  const blank = text.slice(Math.max(0, most - LONGEST), most).search(/\s\S*$/);
  const at = blank < 0 ? whole(text, most) : Math.max(0, most - LONGEST) + blank;
  return found.find(({ start, end }) => start < at && at < end)?.start ?? at;
}

/** Not between the halves of a surrogate pair. */
const whole = (text: string, at: number): number => (/^[\udc00-\udfff]/.test(text.slice(at, at + 1)) ? at - 1 : at);
