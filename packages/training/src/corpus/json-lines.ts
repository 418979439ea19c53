import type { ConversationChoice } from "@trainer/options";
import { conversationText } from "./conversation-text.js";
import { CorpusError } from "./corpus-error.js";
import { recordText } from "./record-text.js";
import { RecordBytes, type RecordReader } from "./records.js";
import { isBlank } from "./whitespace.js";

/** Reads JSON lines that come in chunks: a field of each, blank lines skipped. */
export class JsonLines implements RecordReader {
  replaced = 0;
  #line = 1;
  readonly #held: RecordBytes;

  /** @param field with the text; null: the one of the first record that looks like it, for all of them */
  constructor(
    private readonly path: string,
    public field: string | null,
    maxLineBytes?: number,
    /** Shape of the records that are read as conversations; null: they are texts. */
    private readonly conversations: ConversationChoice | null = null,
  ) {
    this.#held = new RecordBytes((bytes) => this.#wrong(`the line is longer than ${bytes} bytes`), maxLineBytes);
  }

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, start)) {
      this.#held.add(chunk.subarray(start, at));
      yield* this.end();
      this.#line += 1;
      start = at + 1;
    }
    this.#held.add(chunk.subarray(start));
  }

  /** The last line, if the file does not end with a line break. */
  *end(): Generator<Buffer, void, undefined> {
    const line = this.#held.take();
    if (!isBlank(line)) yield this.#parse(line.toString());
  }

  #parse(line: string): Buffer {
    if (this.conversations !== null) {
      const { bytes, replaced } = conversationText(line, `${this.path}:${this.#line}`, this.conversations);
      this.replaced += replaced;
      return bytes;
    }
    const record = recordText(line, { plain: false, field: this.field });
    if ("wrong" in record) throw this.#wrong(record.wrong);
    this.field = record.field;
    this.replaced += record.replaced;
    return record.bytes;
  }

  #wrong(what: string): CorpusError {
    const message = `${this.path}:${this.#line}: ${what}; each line is an object with its text: {"text": "…"}`;
    return new CorpusError("INVALID_INPUT", message);
  }
}
