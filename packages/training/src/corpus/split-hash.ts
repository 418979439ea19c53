import { documentHash } from "./document-hash.js";

/** What documents are drawn by for a split. */
export interface SplitKey {
  readonly key: number;
  /** True if pairs of answers are drawn by their prompts, so that those with an equal one are on one side. */
  readonly byPrompt: boolean;
}

/** The 32 bits by which the document at [start, end), or one that begins with it, is drawn for a split. */
export const splitHash = (bytes: DataView, { key, byPrompt }: SplitKey, start = 0, end = bytes.byteLength): number =>
  documentHash(bytes, key, start, byPrompt ? start + promptBytes(bytes, start, end) : end);

// What a turn in the JSON of a conversation begins with, the first turn of a pair's answers ends with, and the whole ends
// with. In a text of it each quotation mark follows a backslash, so that none of them is found there.
const TURN = '{"role":"';
const ANSWER = ',"answer":"chosen"}';
const END = "}]";

/** Bytes of what is before the answers of a pair; all of another conversation. */
function promptBytes({ buffer, byteOffset }: DataView, start: number, end: number): number {
  const document = Buffer.from(buffer, byteOffset + start, end - start);
  const answered = document.indexOf(ANSWER);
  if (answered === -1 && document.toString("latin1", document.length - END.length) === END) return document.length;
  // Of a piece that is no end the turn goes on that began last: an answer, since no model reads so long a prompt.
  return document.lastIndexOf(TURN, answered === -1 ? undefined : answered);
}
