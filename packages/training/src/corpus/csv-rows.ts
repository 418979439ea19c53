import type { CorpusError } from "./corpus-error.js";
import { RecordBytes } from "./records.js";

/** Columns of a row at most: more are a file without line breaks, which would be held whole. */
const MOST_COLUMNS = 65_536;

/** States of the cell at hand; "closed": after a quote that ends it, unless another quote follows. */
type State = "start" | "plain" | "quoted" | "closed";

/**
 * Cuts a table as text, which comes in chunks, into rows of cells: RFC 4180, with any delimiter. A cell in quotes holds
 * delimiters, line breaks, and quotes as two. A row ends with \n, \r\n or \r; blank ones are skipped. A quote inside a
 * cell that does not begin with one is a character like any other. Only one row is held.
 */
export class CsvRows {
  /** Number of the row at hand, the first is 1; blank ones count. */
  row = 1;
  #cells: Buffer[] = [];
  #state: State = "start";
  #afterReturn = false;
  readonly #cell: RecordBytes;

  constructor(
    private readonly delimiter: number,
    private readonly wrong: (what: string) => CorpusError,
    maxCellBytes?: number,
  ) {
    this.#cell = new RecordBytes((bytes) => {
      const hint = this.#state === "quoted" ? ": is its closing quote missing?" : "";
      return wrong(`column ${this.#cells.length + 1} is longer than ${bytes} bytes${hint}`);
    }, maxCellBytes);
  }

  *push(chunk: Buffer): Generator<readonly Buffer[], void, undefined> {
    for (let at = 0; at < chunk.length;) {
      const byte = chunk[at];
      if (this.#state === "quoted") {
        const quote = chunk.indexOf(QUOTE, at);
        const end = quote < 0 ? chunk.length : quote;
        this.#cell.add(chunk.subarray(at, end));
        if (quote >= 0) this.#state = "closed";
        at = end + 1;
        continue;
      }
      if (this.#state === "plain") {
        let end = at;
        while (end < chunk.length && chunk[end] !== this.delimiter && chunk[end] !== LF && chunk[end] !== CR) end += 1;
        this.#cell.add(chunk.subarray(at, end));
        at = end;
        if (end === chunk.length) break;
        yield* this.#separator(chunk[at]);
        at += 1;
        continue;
      }
      if (byte === QUOTE) {
        if (this.#state === "closed") this.#cell.add(chunk.subarray(at, at + 1));
        this.#state = "quoted";
        at += 1;
      } else if (this.#state === "start") {
        if (this.#afterReturn && byte === LF) at += 1;
        else this.#state = "plain";
      } else if (byte === this.delimiter || byte === LF || byte === CR) {
        yield* this.#separator(byte);
        at += 1;
      } else {
        throw this.wrong(
          `in column ${this.#cells.length + 1} there is text after the closing quote: a quote in it is two`,
        );
      }
      this.#afterReturn = false;
    }
  }

  /** The last row, if the file does not end with a line break. */
  *end(): Generator<readonly Buffer[], void, undefined> {
    if (this.#state === "quoted")
      throw this.wrong(`the file ends within the quotes of column ${this.#cells.length + 1}: is it cut short?`);
    yield* this.#endRow();
  }

  *#separator(byte: number | undefined): Generator<readonly Buffer[], void, undefined> {
    if (byte === this.delimiter) {
      this.#cells.push(this.#cell.take());
      this.#state = "start";
      if (this.#cells.length >= MOST_COLUMNS) throw this.wrong(`it has more than ${MOST_COLUMNS} columns`);
      return;
    }
    yield* this.#endRow();
    this.row += 1;
    this.#afterReturn = byte === CR;
  }

  *#endRow(): Generator<readonly Buffer[], void, undefined> {
    const cell = this.#cell.take();
    const isBlank = this.#cells.length === 0 && cell.length === 0 && this.#state !== "closed";
    const row = [...this.#cells, cell];
    this.#cells = [];
    this.#state = "start";
    if (!isBlank) yield row;
  }
}

const [QUOTE, LF, CR] = [0x22, 0x0a, 0x0d] as const;
