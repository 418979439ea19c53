import type { BatchBuilder } from "./document-batch.js";
import { isBlank, skipSpace } from "./whitespace.js";

/** The unit of a document: each stripped line, each run of lines between blank ones, or each file (or jsonl record). */
export type DocumentMode = "line" | "paragraph" | "file";

/** Cuts a text that comes in chunks of whole characters into documents. */
export interface DocumentCutter {
  push(text: Buffer): void;
  endText(): void;
}

export function documentCutter(mode: DocumentMode, into: BatchBuilder): DocumentCutter {
  switch (mode) {
    case "line":
      return cutLines(into);
    case "paragraph":
      return cutParagraphs(into);
    case "file":
      return keepWhole(into);
  }
}

/** Lines end with \n, \r\n or \r; each is stripped of whitespace, blank ones are skipped. */
function cutLines(into: BatchBuilder): DocumentCutter {
  const end = () => {
    into.trimEnd();
    into.end();
  };
  const append = (text: Buffer, start: number, end: number) => {
    const from = into.isNew ? skipSpace(text, start, end) : start;
    if (from < end) into.append(text, from, end);
  };
  return {
    push(text) {
      // Where every line is stripped and blanks are skipped, \r may stand for a line's end like \n.
      for (let at = text.indexOf(CR); at >= 0; at = text.indexOf(CR, at + 1)) text[at] = LF;
      let start = 0;
      for (let at = text.indexOf(LF); at >= 0; at = text.indexOf(LF, start)) {
        append(text, start, at);
        end();
        start = at + 1;
      }
      append(text, start, text.length);
    },
    endText: end,
  };
}

/** Paragraphs are separated by blank lines and kept as they are inside; the line break that ends one is not part of it. */
function cutParagraphs(into: BatchBuilder): DocumentCutter {
  let lineHasText = false;
  let breakHeld = false; // the last line's break: part of the paragraph only if another line follows
  let blankHeld: Buffer[] = []; // the blank start of this line, where a chunk ends within it
  let blankBytes = 0;
  const append = (text: Buffer, start: number, end: number) => {
    if (!lineHasText) {
      if (blankBytes < HELD_BYTES && skipSpace(text, start, end) === end) {
        if (start < end) blankHeld.push(text.subarray(start, end));
        blankBytes += end - start;
        return;
      }
      lineHasText = true;
      if (breakHeld) into.append(LINE_BREAK);
      for (const blank of blankHeld) into.append(blank);
      clear();
    }
    into.append(text, start, end);
  };
  const clear = () => {
    breakHeld = false;
    if (blankBytes > 0) blankHeld = [];
    blankBytes = 0;
  };
  const endParagraph = () => {
    clear();
    lineHasText = false;
    into.trimByte(CR);
    into.end();
  };
  return {
    push(text) {
      let start = 0;
      for (let at = text.indexOf(LF); at >= 0; at = text.indexOf(LF, start)) {
        append(text, start, at);
        if (lineHasText) {
          lineHasText = false;
          breakHeld = true;
        } else endParagraph();
        start = at + 1;
      }
      append(text, start, text.length);
    },
    endText: endParagraph,
  };
}

/** Every text is one document, kept to the last character; a blank one is none. */
function keepWhole(into: BatchBuilder): DocumentCutter {
  let blank = true;
  return {
    push(text) {
      blank &&= isBlank(text);
      into.append(text);
    },
    endText() {
      if (blank) into.drop();
      else into.end();
      blank = true;
    },
  };
}

const LF = 0x0a;
const CR = 0x0d;
const LINE_BREAK = Buffer.from("\n");
const HELD_BYTES = 1 << 20; // a line of more spaces than this is text: holding it would take memory without bound
