import type { Home } from "../home/home.js";
import { breathe } from "./breathe.js";
import { ContentHash } from "./content-hash.js";
import { CorpusError } from "./corpus-error.js";
import { documentCutter, type DocumentMode } from "./cut-documents.js";
import { BatchBuilder, type DocumentBatch } from "./document-batch.js";
import type { ConversationChoice, CorpusFormat, DocumentSeparator, FormatChoice } from "@trainer/options";
import { textsOf } from "./file-texts.js";
import { findFiles, noText, statOf, type CorpusFile } from "./find-files.js";
import { leftOut, noLosses, noteReplaced, type SkippedFile, type TextLosses } from "./left-out.js";
import type { LeftOut } from "../home/text-losses.js";
import { kindOf } from "./file-kinds.js";
import { lookAtStart } from "./look-at-start.js";
import { readBytes } from "./read-file.js";
import { SeparatorCutter } from "./separators.js";

/** Progress of reading: bytes from the disk, and losses so far. */
export interface ReadProgress {
  bytes: number;
  /** True once text was left unread, for it is more than was wanted. */
  isCut: boolean;
  readonly losses: TextLosses;
}

export interface ReadOptions {
  /** Stops the reading with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the progress. */
  readonly onRead?: ((progress: Readonly<ReadProgress>) => void) | undefined;
  /** Called at the end of each file with the number of documents so far, those of the files before included. */
  readonly onFileEnd?: ((documents: number) => void) | undefined;
}

/** Text to train on. It is read as a stream, so its size is not bounded by memory, and more than once. */
export interface Corpus {
  readonly files: readonly CorpusFile[];
  /** Size on disk, compressed where it is. */
  readonly totalBytes: number;
  readonly document: DocumentMode;
  readonly separator: DocumentSeparator;
  /** Shape of the records that are read as conversations, each a document of JSON; null: they are texts. */
  readonly conversations: ConversationChoice | null;
  /** Entries of the given folders that are not read. */
  readonly skipped: readonly SkippedFile[];
  /**
   * Of the files' kinds and contents, as hex: what the documents are made from, wherever the files lie. They are read for
   * it once, or not at all where `documents` has hashed them.
   */
  sha256(options?: ReadOptions): Promise<string>;
  /**
   * With `hash` the files are hashed on the way, if they were not yet. One that is not as it was when the corpus was opened is
   * refused (CORPUS_UNREADABLE) at its end.
   */
  documents(options?: ReadOptions & { readonly hash?: boolean }): AsyncGenerator<DocumentBatch, void, undefined>;
  /** Refuses (CORPUS_UNREADABLE) if a file is not as it was when the corpus was opened. */
  assertUnchanged(): Promise<void>;
}

/** Files that it takes a while to look at. */
const MANY = 1000;

export interface OpenOptions {
  readonly document: DocumentMode;
  /** The line that also ends documents of plain text; default "none". */
  readonly separator?: DocumentSeparator | undefined;
  /** Format of the files; default "auto", by their names. */
  readonly format?: CorpusFormat | undefined;
  /** True where sources are cut too, for statistics of their lines; else each is one document. */
  readonly cutSources?: boolean;
  /** Reading of records: as texts, the default, or as conversations. */
  readonly records?: FormatChoice | undefined;
  /** The field of records that has the text; default: found, file by file. */
  readonly textField?: string | null | undefined;
  /** Its content is made by runs, and skipped where a folder of text contains it. */
  readonly home?: Home | undefined;
  /** Bytes of text to read, a little more at most; a sample has no hash. Default: all. */
  readonly most?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of inspected files, where they are so many that it takes a while. */
  readonly onLook?: ((looked: number, files: number) => void) | undefined;
}

/**
 * Opens files and folders of text: `.txt` and other names of plain text, `.jsonl` (a field of each line), `.json` (an
 * array of texts, or lines), `.csv`, `.tsv` and `.parquet` (a column of each row), `.srt`, `.vtt`, `.ipynb`, `.html`,
 * `.epub` and `.mbox` (each mail), exported chats (each conversation), gzip and zstd of these but `.parquet` and `.epub`;
 * folders recursively, sorted. Every file's start is inspected, and the rest while it is read. The field of records is
 * `text`, or what else it is called among people, or the only one that holds a string; that of a file's first record is
 * the file's.
 *
 * The unit of a document: `line`, each line stripped, blank ones skipped; `paragraph`, the text between blank lines;
 * `file`, a whole file. Each record is a document but for `line`, where its lines are. Inside a document every
 * character is kept, line breaks too: \r\n stays \r\n. A file's byte order mark is no part of its text; bytes that are
 * not UTF-8 are replaced by U+FFFD and counted.
 *
 * @throws CorpusError CORPUS_NOT_FOUND; CORPUS_EMPTY (no text at all, no text file in a folder); CORPUS_UNREADABLE
 * (permission, damaged gzip or zstd); INVALID_INPUT (binary, another encoding, not jsonl).
 */
export async function openCorpus(paths: string | readonly string[], options: OpenOptions): Promise<Corpus> {
  const { format = "auto", records = "text", textField, home, most = Infinity, signal, onLook } = options;
  // Lines of a source are nothing without those around them, and are not stripped; none is a separator.
  const { document, separator = "none" } =
    format === "source" && options.cutSources !== true ? ({ document: "file", separator: "none" } as const) : options;
  const conversations = records === "text" ? null : records;
  const named = typeof paths === "string" ? [paths] : paths;
  const found = await findFiles(named, { format, home });
  const files: CorpusFile[] = [];
  const skipped = [...found.skipped];
  let hasText = false;
  for (const [i, file] of found.files.entries()) {
    signal?.throwIfAborted();
    if (found.files.length >= MANY) onLook?.(i, found.files.length);
    const start = await lookAtStart(file, { textField, byContent: format === "auto", conversations });
    if (start === null) {
      const lacking = conversations === null ? "texts" : "conversations";
      const kind = format === "source" ? "no text" : `${kindOf(file.path)} without ${lacking}`;
      skipped.push({ path: file.path, kind });
    } else {
      files.push(start.file);
      hasText ||= start.hasText;
    }
  }
  if (files.length === 0) throw noText(named.join(", "), skipped, format);
  if (!hasText) throw emptyCorpus(files);
  let sha256: string | null = null;
  return {
    files,
    totalBytes: files.reduce((sum, file) => sum + file.bytes, 0),
    document,
    separator,
    conversations,
    skipped,
    sha256: async (read = {}) => (sha256 ??= await contentHash(files, read)),
    async *documents({ hash = false, ...read } = {}) {
      const content = hash && sha256 === null ? new ContentHash() : null;
      yield* readDocuments(files, { document, separator, conversations, content, most }, read);
      sha256 ??= content?.digest() ?? null;
    },
    assertUnchanged: () => assertUnchanged(files),
  };
}

/** The unused parts of the given text, after a reading with these losses. */
export const leftOutOf = (
  { files, skipped }: Pick<Corpus, "files" | "skipped">,
  losses: TextLosses,
  all?: Corpus["files"],
): LeftOut => leftOut({ files, skipped }, losses, all);

/** The error for files without a single word. */
export function emptyCorpus(files: readonly CorpusFile[]): CorpusError {
  const paths = files.slice(0, 3).map((file) => file.path);
  const where = `${paths.join(", ")}${files.length > 3 ? ` and ${files.length - 3} more` : ""}`;
  return new CorpusError("CORPUS_EMPTY", `there is no text in ${where}: expected at least one word`);
}

interface DocumentReading extends Pick<Corpus, "document" | "separator" | "conversations"> {
  /** The hash of the files, which are read to their ends for it; null where it is not wanted. */
  readonly content: ContentHash | null;
  readonly most: number;
}

async function* readDocuments(
  files: readonly CorpusFile[],
  { document, separator, conversations, content, most }: DocumentReading,
  { signal, onRead, onFileEnd }: ReadOptions,
): AsyncGenerator<DocumentBatch, void, undefined> {
  const losses: TextLosses = { replaced: [], separators: {} };
  const progress: ReadProgress = { bytes: 0, isCut: false, losses };
  let left = most;
  let taken = 0; // bytes on the disk of the text that was not left unread
  const builder = new BatchBuilder();
  function* ready() {
    signal?.throwIfAborted();
    onRead?.(progress);
    yield* builder.take();
  }
  for (const [i, file] of files.entries()) {
    // A record is a text of its own, which blank lines do not divide unless lines are requested.
    const source = await textsOf(file, conversations);
    const { areRecords } = source;
    const whole = conversations !== null || (areRecords && document === "paragraph");
    const mode = documentCutter(whole ? "file" : document, builder);
    const cutter =
      areRecords || separator === "none" ? mode : new SeparatorCutter(separator, builder, mode, losses.separators);
    const onBytes = (bytes: number) => (progress.bytes += bytes);
    for await (const { texts, bytes } of source.read({ onRead: onBytes, onStored: content?.update })) {
      progress.isCut = left <= 0 && bytes > 0;
      if (progress.isCut) {
        progress.bytes = taken;
        break;
      }
      taken = progress.bytes;
      left -= bytes;
      for (const text of texts) {
        cutter.push(text);
        if (areRecords) cutter.endText();
      }
      yield* ready();
    }
    if (!areRecords) cutter.endText();
    if (!progress.isCut) assertAsFound(file); // else documents of an earlier and a later text would be taken for those of one
    onFileEnd?.(builder.documents);
    content?.end(file);
    noteReplaced(losses, i, source);
    if (progress.isCut) break;
  }
  builder.flush();
  yield* ready();
}

async function contentHash(files: readonly CorpusFile[], { signal, onRead }: ReadOptions): Promise<string> {
  const content = new ContentHash();
  const progress: ReadProgress = { bytes: 0, isCut: false, losses: noLosses };
  for (const file of files) {
    for await (const chunk of readBytes({ ...file, compression: null })) {
      signal?.throwIfAborted();
      content.update(chunk);
      progress.bytes += chunk.length;
      onRead?.(progress);
    }
    assertAsFound(file);
    content.end(file);
  }
  return content.digest();
}

async function assertUnchanged(files: readonly CorpusFile[]): Promise<void> {
  for (const file of files) {
    await breathe();
    assertAsFound(file);
  }
}

/** @throws CorpusError CORPUS_UNREADABLE if it has been written to, or another is in its place */
function assertAsFound(file: CorpusFile): void {
  const { path, bytes, modifiedMs } = file.entry?.archive ?? file;
  const now = statOf(path);
  if (now.size === bytes && now.mtimeMs === modifiedMs) return;
  const what = `${path} changed while it was being read (it had ${bytes} bytes, now ${now.size})`;
  throw new CorpusError("CORPUS_UNREADABLE", `${what}: start again when nothing writes to it`);
}
