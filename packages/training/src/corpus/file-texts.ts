import type { ConversationChoice } from "@trainer/options";
import { EpubTexts } from "./epub-texts.js";
import type { CorpusFile } from "./find-files.js";
import { MboxTexts } from "./mbox-texts.js";
import { ParquetTexts } from "./parquet-texts.js";
import { readText, type ReadListeners } from "./read-file.js";
import { recordReader } from "./record-reader.js";
import type { TextExtractor } from "./records.js";
import { textExtractor } from "./text-extractor.js";
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

/** The texts of a file; of records as `conversations`, the documents that stand for these. */
export async function textsOf(file: CorpusFile, conversations: ConversationChoice | null = null): Promise<FileTexts> {
  const { format } = file;
  if (format === "parquet") return new ParquetTexts(file, undefined, conversations);
  if (format === "epub") return new EpubTexts(file);
  if (format === "mbox") return new MboxTexts(file);
  const records = await recordReader({ ...file, format }, conversations);
  return new StreamedTexts(file, records ?? (await textExtractor({ ...file, format })), records !== null);
}

/** The texts of a file that is read from its beginning to its end. */
class StreamedTexts implements FileTexts {
  readonly #reader: TextReader;

  constructor(
    private readonly file: CorpusFile,
    /** Null where all of the file's text is wanted. */
    private readonly extractor: TextExtractor | null,
    readonly areRecords: boolean,
  ) {
    this.#reader = new TextReader(file.path);
  }

  get replaced(): number {
    return this.#reader.replaced + (this.extractor?.replaced ?? 0);
  }

  get bytes(): number {
    return this.#reader.bytes;
  }

  async *read(listeners: ReadListeners = {}): AsyncGenerator<TextBatch, void, undefined> {
    for await (const text of readText(this.file, { ...listeners, reader: this.#reader })) {
      yield { texts: this.extractor === null ? [text] : this.extractor.push(text), bytes: text.length };
    }
    if (this.extractor !== null) yield { texts: this.extractor.end(), bytes: 0 };
  }
}
