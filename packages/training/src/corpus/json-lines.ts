import { z } from "zod";
import { CorpusError } from "./corpus-error.js";
import { skipSpace } from "./whitespace.js";

const Record = z.object({ text: z.string() });
const LINE_BYTES = 256 << 20; // a line is parsed in memory, and V8 holds no string beyond 512 MiB

/** Reads JSON lines that come in chunks: the field `text` of each, blank lines skipped. */
export class JsonLines {
  #line = 1;
  #carry: Buffer[] = [];
  #carryBytes = 0;

  constructor(
    private readonly path: string,
    private readonly maxLineBytes = LINE_BYTES,
  ) {}

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, start)) {
      this.#hold(chunk.subarray(start, at));
      yield* this.end();
      this.#line += 1;
      start = at + 1;
    }
    this.#hold(chunk.subarray(start));
  }

  /** The last line, if the file does not end with a line break. */
  *end(): Generator<Buffer, void, undefined> {
    const line = Buffer.concat(this.#carry);
    this.#carry = [];
    this.#carryBytes = 0;
    if (skipSpace(line, 0, line.length) < line.length) yield Buffer.from(this.#parse(line.toString()));
  }

  #hold(part: Buffer): void {
    this.#carryBytes += part.length;
    if (this.#carryBytes > this.maxLineBytes) {
      throw this.#wrong(`the line is longer than ${this.maxLineBytes} bytes`);
    }
    if (part.length > 0) this.#carry.push(part);
  }

  #parse(line: string): string {
    try {
      return Record.parse(JSON.parse(line)).text;
    } catch (error) {
      const what = error instanceof SyntaxError ? `not JSON (${error.message})` : `no string field "text"`;
      throw this.#wrong(`${what} in ${line.length > 60 ? `${line.slice(0, 60)}…` : line}`, error);
    }
  }

  #wrong(what: string, cause?: unknown): CorpusError {
    const message = `${this.path}:${this.#line}: ${what}; each line of a .jsonl file is an object with its text: {"text": "…"}`;
    return new CorpusError("INVALID_INPUT", message, { cause });
  }
}
