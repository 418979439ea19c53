import type { BatchBuilder } from "./document-batch.js";
import type { DocumentCutter } from "./cut-documents.js";
import type { DocumentSeparator } from "@trainer/options";

/** Lines by which collections of documents mark where each ends, as tokens of GPT-2, LLaMA and others are spelled. */
export const KNOWN_SEPARATORS = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "[EOS]"] as const;

const [LF, CR, TAB, SPACE] = [0x0a, 0x0d, 0x09, 0x20] as const;

/**
 * Also ends a document at each line that holds only a separator; such lines, with the line break before them, are no
 * text. `found` counts them.
 */
export class SeparatorCutter implements DocumentCutter {
  readonly #marks: readonly { readonly line: string; readonly bytes: Buffer }[];
  readonly #longest: number; // bytes that a line with a separator stays below
  #held = Buffer.alloc(0); // the last line that has begun, while it may still be a separator
  #withinLine = false; // of a line that began before what is held, and so is none

  constructor(
    separator: DocumentSeparator,
    private readonly into: BatchBuilder,
    private readonly cutter: DocumentCutter,
    private readonly found: Record<string, number>,
  ) {
    const lines = separator === "auto" ? KNOWN_SEPARATORS : [separator];
    this.#marks = lines.map((line) => ({ line, bytes: Buffer.from(line) }));
    this.#longest = Math.max(...this.#marks.map(({ bytes }) => bytes.length)) + BLANKS + 1;
  }

  push(text: Buffer): void {
    const whole = this.#held.length === 0 ? text : Buffer.concat([this.#held, text]);
    const begun = whole.lastIndexOf(LF) + 1;
    const isOpen = whole.length - begun < this.#longest && !(begun === 0 && this.#withinLine);
    const end = isOpen ? begun : whole.length;
    this.#held = Buffer.from(whole.subarray(end));
    this.#cut(whole.subarray(0, end));
    this.#withinLine = end > 0 ? whole[end - 1] !== LF : this.#withinLine;
  }

  endText(): void {
    this.#cut(this.#held);
    this.#held = Buffer.alloc(0);
    this.#withinLine = false;
    this.cutter.endText();
  }

  /** Goes through whole lines, but for the first, if it began before, and the last of the text. */
  #cut(text: Buffer): void {
    let start = 0;
    for (const { from, to, line } of this.#separators(text)) {
      if (from > start) this.cutter.push(text.subarray(start, from));
      this.into.trimByte(LF);
      this.into.trimByte(CR);
      this.cutter.endText();
      this.found[line] = (this.found[line] ?? 0) + 1;
      start = to;
    }
    if (start < text.length) this.cutter.push(text.subarray(start));
  }

  /** The separators of a text in their order, each with its whole line. */
  #separators(text: Buffer): { from: number; to: number; line: string }[] {
    const lines: { from: number; to: number; line: string }[] = [];
    for (const { line, bytes } of this.#marks) {
      for (let at = text.indexOf(bytes); at >= 0; at = text.indexOf(bytes, at + bytes.length)) {
        const from = startOfLine(text, at);
        const to = endOfLine(text, at + bytes.length);
        if (from === null || to === null || (from === 0 && this.#withinLine)) continue;
        // Only what is held until it has ended: where chunks end decides nothing.
        const length = text[to - 1] === LF ? to - 1 - from : to - from;
        if (length < this.#longest) lines.push({ from, to, line });
      }
    }
    return lines.sort((a, b) => a.from - b.from);
  }
}

const BLANKS = 64; // around the longest separator on its line, at most

/** Start of the line if only blanks precede `at` on it; null otherwise. */
function startOfLine(text: Buffer, at: number): number | null {
  let from = at;
  while (from > 0 && isBlank(text[from - 1])) from -= 1;
  return from === 0 || text[from - 1] === LF ? from : null;
}

/** Start of the next line if only blanks follow `at`; null otherwise. */
function endOfLine(text: Buffer, at: number): number | null {
  let to = at;
  while (to < text.length && isBlank(text[to])) to += 1;
  if (to === text.length) return to;
  return text[to] === LF ? to + 1 : null;
}

const isBlank = (byte: number | undefined) => byte === SPACE || byte === TAB || byte === CR;
