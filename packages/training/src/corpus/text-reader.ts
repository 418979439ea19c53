import { CorpusError } from "./corpus-error.js";
import { binaryKind } from "./binary-kind.js";
import { Utf8Repair } from "./utf8-repair.js";

const HEAD = 4096; // what a kind of file is recognised by
const MAX_REPLACED = 0.1; // Latin-1 prose stays below: readable, with a warning; other encodings and data do not

/**
 * Bytes in, text out: valid UTF-8 in whole characters, without the byte order mark of its start. What is no UTF-8 is
 * replaced by U+FFFD and counted. Refused (INVALID_INPUT) is what is not text, wherever that shows: by a NUL byte, by
 * what files of other kinds begin with, or by too many bytes that are not UTF-8.
 */
export class TextReader {
  readonly #repair = new Utf8Repair();
  #head = Buffer.alloc(0);
  #bytes = 0;
  #atStart = true;

  /** @param name the file's, for errors about it */
  constructor(readonly name: string) {}

  /** Characters that were not UTF-8 and were replaced so far. */
  get replaced(): number {
    return this.#repair.replaced;
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array): Buffer {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#look(bytes);
    this.#bytes += bytes.length;
    return this.#withoutMark(this.#repair.push(bytes));
  }

  end(): Buffer {
    const rest = this.#withoutMark(this.#repair.end());
    this.assertUtf8();
    return rest;
  }

  /** Refuses what has too many bytes that are not UTF-8; of a text that has not ended, what was read of it. */
  assertUtf8(): void {
    if (this.replaced <= 1 || this.replaced <= this.#bytes * MAX_REPLACED) return;
    const share = `${Math.round((100 * this.replaced) / this.#bytes)} % of its first ${this.#bytes} bytes are not UTF-8`;
    const kind = binaryKind(this.#head);
    if (kind !== null) throw this.#refusal(kind);
    throw new CorpusError(
      "INVALID_INPUT",
      `${this.name} is not UTF-8 text: ${share}. If it has another encoding convert it (\`iconv -f WINDOWS-1252 -t UTF-8 ` +
        "FILE > NEW`, with the encoding's name); `iconv -c -f UTF-8 -t UTF-8 FILE > NEW` leaves out what is damaged",
    );
  }

  #look(bytes: Buffer): void {
    const begun = this.#head.length;
    if (begun < HEAD) {
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD - begun)]);
      const kind = binaryKind(this.#head, { sure: true });
      if (kind !== null) throw this.#refusal(kind);
    }
    const nul = bytes.indexOf(0);
    if (nul < 0) return;
    const kind = binaryKind(this.#head);
    if (kind !== null) throw this.#refusal(kind);
    throw new CorpusError(
      "INVALID_INPUT",
      `${this.name} is not text: there is a NUL byte at offset ${this.#bytes + nul}; expected UTF-8 text. ` +
        "`tr -d '\\000' < FILE > NEW` leaves such bytes out, if the rest is text",
    );
  }

  #refusal(kind: string): CorpusError {
    return new CorpusError("INVALID_INPUT", `${this.name} is not text: it looks like ${kind}`);
  }

  #withoutMark(text: Buffer): Buffer {
    if (!this.#atStart || text.length === 0) return text;
    this.#atStart = false;
    return text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text;
  }
}
