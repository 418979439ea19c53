import type { CorpusFile } from "./find-files.js";
import { ParquetTexts } from "./parquet-texts.js";
import { readText, type ReadListeners } from "./read-file.js";
import { recordReader } from "./record-reader.js";
import type { RecordReader } from "./records.js";
import { TextReader } from "./text-reader.js";

/** Some of a file's text, from so many bytes of it; 0: what was held back to its end. */
export interface TextBatch {
  readonly texts: Iterable<Buffer>;
  readonly bytes: number;
}

/** The texts of a file as it is read, once. */
export interface FileTexts {
  /** True if each is a text of its own; else they are pieces of one. */
  readonly areRecords: boolean;
  /** Characters that were not sound and became U+FFFD so far. */
  readonly replaced: number;
  /** Bytes of text taken so far. */
  readonly bytes: number;
  read(listeners?: ReadListeners): AsyncIterable<TextBatch>;
}

export function textsOf(file: CorpusFile): FileTexts {
  const { format } = file;
  return format === "parquet" ? new ParquetTexts(file) : new StreamedTexts(file, recordReader({ ...file, format }));
}

/** The texts of a file that is read from its beginning to its end. */
class StreamedTexts implements FileTexts {
  readonly #reader: TextReader;

  constructor(
    private readonly file: CorpusFile,
    private readonly records: RecordReader | null,
  ) {
    this.#reader = new TextReader(file.path);
  }

  get areRecords(): boolean {
    return this.records !== null;
  }

  get replaced(): number {
    return this.#reader.replaced + (this.records?.replaced ?? 0);
  }

  get bytes(): number {
    return this.#reader.bytes;
  }

  async *read(listeners: ReadListeners = {}): AsyncGenerator<TextBatch, void, undefined> {
    for await (const text of readText(this.file, { ...listeners, reader: this.#reader })) {
      yield { texts: this.records === null ? [text] : this.records.push(text), bytes: text.length };
    }
    if (this.records !== null) yield { texts: this.records.end(), bytes: 0 };
  }
}
