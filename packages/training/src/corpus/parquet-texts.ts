import type { RowGroup } from "hyparquet";
import type { ConversationChoice } from "@trainer/options";
import { conversationText } from "./conversation-text.js";
import { CorpusError } from "./corpus-error.js";
import type { FileTexts, TextBatch } from "./file-texts.js";
import type { CorpusFile } from "./find-files.js";
import { damaged, openParquet, textColumn } from "./parquet-file.js";
import { readBytes, type ReadListeners } from "./read-file.js";
import { quoted } from "./text-field.js";
import { Utf8Repair } from "./utf8-repair.js";

/** Bytes of the column in a row group at most: they are decoded in memory. */
const MOST = 2 ** 31;

const EMPTY = Buffer.alloc(0);

interface RowPlace {
  /** The row group. */
  readonly where: string;
  readonly row: number;
}

interface RowReading {
  /** The column that is read; null: all of them. */
  readonly field: string | null;
  readonly textOf: (row: Readonly<Record<string, unknown>>, place: RowPlace) => Buffer;
}

/** The texts of one column of a parquet file, a row group at a time. A null is a text without characters. */
export class ParquetTexts implements FileTexts {
  readonly areRecords = true;
  bytes = 0;
  readonly #repair = new Utf8Repair();
  #replaced = 0;

  constructor(
    private readonly file: Pick<CorpusFile, "path" | "bytes" | "field">,
    private readonly most = MOST,
    /** Shape of the rows that are read as conversations; null: a column has texts. */
    private readonly conversations: ConversationChoice | null = null,
  ) {}

  get replaced(): number {
    return this.#repair.replaced + this.#replaced;
  }

  async *read({ onRead = () => {}, onStored }: ReadListeners = {}): AsyncGenerator<TextBatch, void, undefined> {
    const { path, bytes: size } = this.file;
    // The column's pages are read where they lie; a listener hears the whole file in its order.
    if (onStored !== undefined)
      for await (const chunk of readBytes({ path, bytes: size, compression: null })) onStored(chunk);
    const { parquetReadObjects } = await import("hyparquet");
    const { compressors } = await import("hyparquet-compressors");
    await using opened = await openParquet(path);
    const { metadata, buffer: file } = opened;
    const { conversations } = this;
    const { field, textOf } =
      conversations === null ? this.#ofColumn(textColumn(path, opened, this.file.field)) : this.#ofRows(conversations);
    const groups = metadata.row_groups;
    let [rowStart, seen] = [0, 0];
    for (const [i, group] of groups.entries()) {
      const where = `${path}, row group ${i + 1} of ${groups.length}`;
      const rowEnd = rowStart + Number(group.num_rows);
      this.#assertDecodable(group, field, where);
      const reading = { file, metadata, rowStart, rowEnd, compressors };
      const parsers = { stringFromBytes: (bytes: Uint8Array) => bytes };
      const options = field === null ? reading : { ...reading, columns: [field], parsers };
      const rows = await parquetReadObjects(options).catch((error: unknown) => {
        throw damaged(where, error);
      });
      const texts = rows.map((row, n) => textOf(row, { where, row: rowStart + n + 1 }));
      const bytes = texts.reduce((sum, text) => sum + text.length, 0);
      const read = Math.round((size * (i + 1)) / groups.length);
      onRead(read - seen);
      [rowStart, seen] = [rowEnd, read];
      this.bytes += bytes;
      yield { texts, bytes };
    }
  }

  /** Refuses a group whose column, or all of whose columns for null, are too large to be decoded. */
  #assertDecodable({ columns }: RowGroup, field: string | null, where: string): void {
    const read = columns.filter(({ meta_data: about }) => field === null || about?.path_in_schema[0] === field);
    const bytes = read.reduce((sum, { meta_data: about }) => sum + Number(about?.total_uncompressed_size), 0);
    if (!(bytes > this.most)) return; // a footer may not say
    const which = field === null ? "a row group" : `column ${quoted(field)}`;
    const what = `${which} has more than ${this.most} bytes in one piece`;
    throw new CorpusError("INVALID_INPUT", `${where}: ${what}: write the file with smaller row groups`);
  }

  #ofColumn(field: string): RowReading {
    return { field, textOf: (row, place) => this.#text(row[field], place) };
  }

  #ofRows(conversations: ConversationChoice): RowReading {
    const textOf: RowReading["textOf"] = (row, { row: number }) => {
      // Whole numbers of 64 bits arrive as BigInt, which a record of JSON has none of.
      const json = JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
      const { bytes, replaced } = conversationText(json, `${this.file.path}, row ${number}`, conversations);
      this.#replaced += replaced;
      return bytes;
    };
    return { field: null, textOf };
  }

  #text(value: unknown, { where, row }: RowPlace): Buffer {
    if (value === null || value === undefined) return EMPTY;
    if (!(value instanceof Uint8Array)) throw damaged(where, `row ${row} is no string`);
    const text = Buffer.concat([this.#repair.push(value), this.#repair.end()]);
    const nul = text.indexOf(0);
    if (nul < 0) return text;
    const what = `there is a NUL at byte ${nul} of the text: leave it out`;
    throw new CorpusError("INVALID_INPUT", `${this.file.path}, row ${row}: ${what}`);
  }
}
