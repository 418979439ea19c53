import type { ConversationChoice } from "@trainer/options";
import { conversationText } from "./conversation-text.js";
import { CorpusError } from "./corpus-error.js";
import { recordText } from "./record-text.js";
import { RecordBytes, type RecordReader } from "./records.js";
import { asciiSpaces, isBlank } from "./whitespace.js";

/**
 * Reads one JSON array that comes in chunks: its strings, or a field of its objects. Only one element at a time
 * is held, so an array may be as large as the disk.
 */
export class JsonArray implements RecordReader {
  replaced = 0;
  #element = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #ended = false;
  readonly #held: RecordBytes;

  /** @param field with the text of objects; null: the one of the first that looks like it, for all of them */
  constructor(
    private readonly path: string,
    public field: string | null,
    maxElementBytes?: number,
    /** Shape of the records that are read as conversations; null: they are texts. */
    private readonly conversations: ConversationChoice | null = null,
  ) {
    this.#held = new RecordBytes((bytes) => this.#wrong(`it is longer than ${bytes} bytes`), maxElementBytes);
  }

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (this.#depth === 0) {
        if (byte === OPEN && !this.#ended) {
          this.#depth = 1;
          this.#element = 1;
        } else if (!asciiSpaces.has(byte)) throw this.#outside();
        start = at + 1;
      } else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN || byte === OPEN_OBJECT) this.#depth += 1;
      else if (byte === CLOSE || byte === CLOSE_OBJECT) {
        if (this.#depth > 1 || byte === CLOSE_OBJECT) {
          this.#depth = Math.max(1, this.#depth - 1); // what does not match is for the parser to refuse
          continue;
        }
        this.#depth = 0;
        this.#held.add(chunk.subarray(start, at));
        yield* this.#take(this.#element === 1); // "[]" and "[ ]" have no element
        this.#ended = true;
      } else if (byte === COMMA && this.#depth === 1) {
        this.#held.add(chunk.subarray(start, at));
        yield* this.#take(false);
        this.#element += 1;
        start = at + 1;
      }
    }
    if (this.#depth > 0) this.#held.add(chunk.subarray(start));
  }

  end(): readonly Buffer[] {
    if (!this.#ended) throw this.#wrong("the file ends within the array: is it cut short?");
    return [];
  }

  *#take(mayBeNone: boolean): Generator<Buffer, void, undefined> {
    const element = this.#held.take();
    if (mayBeNone && isBlank(element)) return;
    if (this.conversations !== null) {
      const { bytes, replaced } = conversationText(element.toString(), this.#where, this.conversations);
      this.replaced += replaced;
      yield bytes;
      return;
    }
    const record = recordText(element.toString().trim(), { plain: true, field: this.field });
    if ("wrong" in record) throw this.#wrong(record.wrong);
    this.field = record.field;
    this.replaced += record.replaced;
    yield record.bytes;
  }

  #outside(): CorpusError {
    return this.#wrong(this.#ended ? "there is more after the array's end" : "the file does not begin with [");
  }

  get #where(): string {
    return this.#element === 0 ? this.path : `${this.path}, element ${this.#element} of the array`;
  }

  #wrong(what: string): CorpusError {
    const expected = 'expected an array of texts: ["…", …] or [{"text": "…"}, …]';
    return new CorpusError("INVALID_INPUT", `${this.#where}: ${what}; ${expected}`);
  }
}

const [OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d] as const;
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c] as const;
