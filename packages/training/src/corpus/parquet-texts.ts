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

/** The texts of one column of a parquet file, a row group at a time. A null is a text without characters. */
export class ParquetTexts implements FileTexts {
  readonly areRecords = true;
  bytes = 0;
  readonly #repair = new Utf8Repair();

  constructor(
    private readonly file: Pick<CorpusFile, "path" | "bytes" | "field">,
    private readonly most = MOST,
  ) {}

  get replaced(): number {
    return this.#repair.replaced;
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
    const field = textColumn(path, opened, this.file.field);
    const groups = metadata.row_groups;
    let [rowStart, seen] = [0, 0];
    for (const [i, group] of groups.entries()) {
      const where = `${path}, row group ${i + 1} of ${groups.length}`;
      const rowEnd = rowStart + Number(group.num_rows);
      const column = group.columns.find(({ meta_data: about }) => about?.path_in_schema[0] === field);
      if (Number(column?.meta_data?.total_uncompressed_size) > this.most) {
        const what = `column ${quoted(field)} has more than ${this.most} bytes in one piece`;
        throw new CorpusError("INVALID_INPUT", `${where}: ${what}: write the file with smaller row groups`);
      }
      const parsers = { stringFromBytes: (bytes: Uint8Array) => bytes };
      const options = { file, metadata, columns: [field], rowStart, rowEnd, compressors, parsers };
      const rows = await parquetReadObjects(options).catch((error: unknown) => {
        throw damaged(where, error);
      });
      const texts = rows.map((row, n) => this.#text(row[field], { where, row: rowStart + n + 1 }));
      const bytes = texts.reduce((sum, text) => sum + text.length, 0);
      const read = Math.round((size * (i + 1)) / groups.length);
      onRead(read - seen);
      [rowStart, seen] = [rowEnd, read];
      this.bytes += bytes;
      yield { texts, bytes };
    }
  }

  #text(value: unknown, { where, row }: { readonly where: string; readonly row: number }): Buffer {
    if (value === null || value === undefined) return EMPTY;
    if (!(value instanceof Uint8Array)) throw damaged(where, `row ${row} is no string`);
    const text = Buffer.concat([this.#repair.push(value), this.#repair.end()]);
    const nul = text.indexOf(0);
    if (nul < 0) return text;
    const what = `there is a NUL at byte ${nul} of the text: leave it out`;
    throw new CorpusError("INVALID_INPUT", `${this.file.path}, row ${row}: ${what}`);
  }
}
