import { at } from "@trainer/disk";
import type { ConversationChoice } from "@trainer/options";
import { textOfRecord } from "./conversation-text.js";
import { CorpusError } from "./corpus-error.js";
import { CsvRows } from "./csv-rows.js";
import { NoTextField } from "./no-text-field.js";
import { RecordBytes, type RecordReader } from "./records.js";
import { chooseField, columnsThere, quoted } from "./text-field.js";

/** Delimiters by format, in order of preference: spreadsheets of many languages write semicolons. */
const DELIMITERS = { csv: [",", ";", "\t"], tsv: ["\t"] } as const;
const MOST_HEADER = 1 << 20;

/** Reads a table as text that comes in chunks: one column of each row. The first row has the columns' names. */
export class CsvTexts implements RecordReader {
  replaced = 0;
  readonly #head = new RecordBytes((bytes) => this.#wrong(`the first row is longer than ${bytes} bytes`), MOST_HEADER);
  #rows: CsvRows | null = null;
  #names: readonly string[] | null = null;
  #column = 0;

  /** @param field column with the text; null: the one that looks like it */
  constructor(
    private readonly path: string,
    private readonly format: keyof typeof DELIMITERS,
    public field: string | null,
    private readonly maxCellBytes?: number,
    /** Shape of the rows that are read as conversations; null: they are texts. */
    private readonly conversations: ConversationChoice | null = null,
  ) {}

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let bytes = chunk;
    if (this.#rows === null) {
      this.#head.add(chunk);
      if (!chunk.includes("\n") && !chunk.includes("\r")) return;
      bytes = this.#head.take();
    }
    yield* this.#texts((this.#rows ??= this.#rowsOf(bytes)).push(bytes));
  }

  *end(): Generator<Buffer, void, undefined> {
    const rest = this.#head.take();
    const rows = (this.#rows ??= this.#rowsOf(rest));
    yield* this.#texts(rows.push(rest));
    yield* this.#texts(rows.end());
  }

  /** Rows of a table that begins so: its first line tells the delimiter. */
  #rowsOf(head: Buffer): CsvRows {
    const delimiter = delimiterOf(head, DELIMITERS[this.format]);
    return new CsvRows(delimiter.charCodeAt(0), (what) => this.#wrong(what), this.maxCellBytes);
  }

  *#texts(rows: Iterable<readonly Buffer[]>): Generator<Buffer, void, undefined> {
    for (const cells of rows) {
      if (this.#names === null) this.#begun(cells.map((cell) => cell.toString().trim()));
      else if (cells.length === this.#names.length) yield this.#text(cells, this.#names);
      else {
        const [is, has] = [count(cells.length), count(this.#names.length)];
        throw this.#wrong(`it has ${is}, the first row has ${has}`);
      }
    }
  }

  #text(cells: readonly Buffer[], names: readonly string[]): Buffer {
    if (this.conversations === null) return at(cells, this.#column);
    const record = Object.fromEntries(names.map((name, i) => [name, at(cells, i).toString()]));
    const { bytes, replaced } = textOfRecord(record, this.#where, this.conversations);
    this.replaced += replaced;
    return bytes;
  }

  #begun(names: readonly string[]): void {
    if (this.conversations !== null) {
      this.#names = names;
      return;
    }
    const field = this.field ?? chooseField(names);
    const column = field === null ? -1 : names.indexOf(field);
    if (field === null || column < 0) {
      const what = `no column ${quoted(field ?? "text")}: ${columnsThere(names)}`;
      throw new NoTextField(`${this.path}: ${what} (the first row has the names)`);
    }
    if (names.includes(field, column + 1)) throw this.#wrong(`two columns are called ${quoted(field)}`);
    this.#names = names;
    this.#column = column;
    this.field = field;
  }

  get #where(): string {
    return `${this.path}, row ${this.#rows?.row ?? 1}`;
  }

  #wrong(what: string): CorpusError {
    const expected =
      "expected rows of as many columns as the first, which has their names; text with quotes or line breaks in quotes";
    return new CorpusError("INVALID_INPUT", `${this.#where}: ${what}; ${expected}`);
  }
}

const count = (columns: number) => `${columns} ${columns === 1 ? "column" : "columns"}`;

/** The delimiter that the first line has most of. */
function delimiterOf(head: Buffer, delimiters: readonly [string, ...string[]]): string {
  const bare = at(head.toString().split(/[\r\n]/, 1), 0).replaceAll(/"[^"]*"/g, "");
  const [first, ...others] = delimiters;
  const times = (delimiter: string) => bare.split(delimiter).length;
  return others.reduce((most, each) => (times(each) > times(most) ? each : most), first);
}
