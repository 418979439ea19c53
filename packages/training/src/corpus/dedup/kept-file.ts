import type { FileHandle } from "node:fs/promises";
import { extname } from "node:path";
import type { DocumentSeparator } from "@trainer/options";
import { CorpusError } from "../corpus-error.js";
import type { DocumentMode } from "../cut-documents.js";
import type { DocumentPlace } from "./document-places.js";

/** How documents stand in a file: what is before and after each, and its text, piece by piece. */
export interface KeptFormat {
  readonly before: string;
  readonly after: string;
  text(piece: Buffer): Buffer;
  /** The line between documents, which none may have in it; null where nothing in a text can end it. */
  readonly separator: string | null;
}

const RECORDS: KeptFormat = {
  before: '{"text":"',
  after: '"}\n',
  text: (piece) => Buffer.from(JSON.stringify(piece.toString()).slice(1, -1)),
  separator: null,
};
const LINES: KeptFormat = {
  before: "",
  after: "\n",
  text: (piece) => Buffer.from(piece), // a copy, that does not hold the batch that it is of
  separator: null,
};
const USUAL_SEPARATOR = "<|endoftext|>";

/** By the file's name: .txt is plain text, with a line between documents that are more than lines; all else is JSON lines. */
export function formatOfKept(path: string, document: DocumentMode, separator: DocumentSeparator): KeptFormat {
  if (extname(path).toLowerCase() !== ".txt") return RECORDS;
  if (document === "line") return LINES;
  const line = separator === "auto" || separator === "none" ? USUAL_SEPARATOR : separator;
  return { ...LINES, after: `\n${line}\n`, separator: line };
}

const FLUSH_BYTES = 4 << 20;

/** Writes documents, of which the last can be taken back: of a long one the start is written before its end is known. */
export class KeptFile {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #written = 0;
  #start = { bytes: 0, pending: 0 }; // where the document at hand begins

  constructor(
    private readonly file: FileHandle,
    private readonly format: KeptFormat,
  ) {}

  /** A document begins. */
  begin(): void {
    this.#start = { bytes: this.#written + this.#pendingBytes, pending: this.#pending.length };
    this.#push(Buffer.from(this.format.before));
  }

  async append(piece: Buffer): Promise<void> {
    this.#push(this.format.text(piece));
    if (this.#pendingBytes >= FLUSH_BYTES) await this.#flush();
  }

  /** Refuses a text that would end, as it is read again, where its document does not. */
  assertWritable(piece: Buffer, place: () => DocumentPlace): void {
    const { separator } = this.format;
    if (separator === null || !piece.includes(separator)) return;
    const { path, number } = place();
    const what = `document ${number} of ${path} has the separator ${separator} in its text`;
    throw new CorpusError(
      "INVALID_INPUT",
      `${what}, so that it cannot be written as plain text: name a file of .jsonl`,
    );
  }

  /** The document at hand is whole, and stays. */
  keep(): void {
    this.#push(Buffer.from(this.format.after));
  }

  /** The document at hand was not to be written. */
  drop(): void {
    const { bytes, pending } = this.#start;
    const isHeld = bytes >= this.#written;
    this.#pending.length = isHeld ? pending : 0;
    this.#pendingBytes = isHeld ? bytes - this.#written : 0;
    if (!isHeld) this.#written = bytes;
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.file.truncate(this.#written);
  }

  #push(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  async #flush(): Promise<void> {
    let rest = Buffer.concat(this.#pending);
    while (rest.length > 0) {
      const { bytesWritten } = await this.file.write(rest, 0, rest.length, this.#written);
      this.#written += bytesWritten;
      rest = rest.subarray(bytesWritten);
    }
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#start.pending = 0;
  }
}
