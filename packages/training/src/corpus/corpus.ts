import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { checkText } from "./check-text.js";
import { CorpusError } from "./corpus-error.js";
import { documentCutter, type DocumentMode } from "./cut-documents.js";
import { BatchBuilder, type DocumentBatch } from "./document-batch.js";
import { findFiles, refuse, type CorpusFile } from "./find-files.js";
import { JsonLines } from "./json-lines.js";
import { readBytes, readText, type ReadProgress } from "./read-file.js";

export interface ReadOptions {
  /** Stops the reading with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears, batch by batch, how much was read. */
  readonly onRead?: ((progress: Readonly<ReadProgress>) => void) | undefined;
}

/** Text to train on. It is read as a stream, so its size is not bounded by memory, and more than once. */
export interface Corpus {
  readonly files: readonly CorpusFile[];
  /** Size on disk, gzip counted as it lies there. */
  readonly totalBytes: number;
  readonly document: DocumentMode;
  /** Files of other kinds that lay in the folders given. */
  readonly skippedFiles: number;
  /** Of the files' kinds and contents, as hex: what the documents are made from, wherever the files lie. */
  sha256(options?: ReadOptions): Promise<string>;
  documents(options?: ReadOptions): AsyncGenerator<DocumentBatch, void, undefined>;
  /** Refuses (CORPUS_UNREADABLE) if a file is not as it was when the corpus was opened. */
  assertUnchanged(): Promise<void>;
}

/**
 * Opens files and folders of text: `.txt` and `.text`, `.jsonl` (the field `text` of each line), gzip of these; folders
 * recursively, sorted. Every file's start is looked at.
 *
 * What a document is: `line`, each line stripped, blank ones skipped; `paragraph`, what stands between blank lines;
 * `file`, a whole file. Each record of a jsonl file is a document but for `line`, where its lines are. Inside a document
 * every character is kept, line breaks too: \r\n stays \r\n. A file's byte order mark is no part of its text; bytes that
 * are not UTF-8 are replaced by U+FFFD and counted.
 *
 * @throws CorpusError CORPUS_NOT_FOUND; CORPUS_EMPTY (no text at all, no text file in a folder); CORPUS_UNREADABLE
 * (permission, damaged gzip); INVALID_INPUT (binary, another encoding, not jsonl).
 */
export async function openCorpus(
  paths: string | readonly string[],
  options: { document: DocumentMode },
): Promise<Corpus> {
  const { files, skipped } = await findFiles(typeof paths === "string" ? [paths] : paths);
  let hasText = false;
  for (const file of files) hasText = (await checkText(file)) || hasText;
  if (!hasText) throw emptyCorpus(files);
  return {
    files,
    totalBytes: files.reduce((sum, file) => sum + file.bytes, 0),
    document: options.document,
    skippedFiles: skipped,
    sha256: (options = {}) => contentHash(files, options),
    documents: (read = {}) => readDocuments(files, options.document, read),
    assertUnchanged: () => assertUnchanged(files),
  };
}

/** What to say of files without a single word. */
export function emptyCorpus(files: readonly CorpusFile[]): CorpusError {
  const paths = files.slice(0, 3).map((file) => file.path);
  const where = `${paths.join(", ")}${files.length > 3 ? ` and ${files.length - 3} more` : ""}`;
  return new CorpusError("CORPUS_EMPTY", `there is no text in ${where}: expected at least one word`);
}

async function* readDocuments(
  files: readonly CorpusFile[],
  mode: DocumentMode,
  { signal, onRead }: ReadOptions,
): AsyncGenerator<DocumentBatch, void, undefined> {
  const progress: ReadProgress = { bytes: 0, replaced: 0 };
  const builder = new BatchBuilder();
  function* ready() {
    signal?.throwIfAborted();
    onRead?.(progress);
    yield* builder.take();
  }
  for (const file of files) {
    // A record is a text of its own, which no blank line divides unless lines are asked for.
    const cutter = documentCutter(file.format === "jsonl" && mode === "paragraph" ? "file" : mode, builder);
    const records = file.format === "jsonl" ? new JsonLines(file.path) : null;
    for await (const text of readText(file, progress)) {
      if (records === null) cutter.push(text);
      else for (const record of records.push(text)) pushText(cutter, record);
      yield* ready();
    }
    if (records === null) cutter.endText();
    else for (const record of records.end()) pushText(cutter, record);
  }
  builder.flush();
  yield* ready();
}

function pushText(cutter: ReturnType<typeof documentCutter>, text: Buffer): void {
  cutter.push(text);
  cutter.endText();
}

async function contentHash(files: readonly CorpusFile[], { signal, onRead }: ReadOptions): Promise<string> {
  const whole = createHash("sha256");
  const progress = { bytes: 0, replaced: 0 };
  for (const file of files) {
    const hash = createHash("sha256");
    for await (const chunk of readBytes({ ...file, gzip: false })) {
      signal?.throwIfAborted();
      hash.update(chunk);
      progress.bytes += chunk.length;
      onRead?.(progress);
    }
    whole.update(`${file.format} ${file.gzip ? "gzip" : "plain"} ${hash.digest("hex")}\n`);
  }
  return whole.digest("hex");
}

async function assertUnchanged(files: readonly CorpusFile[]): Promise<void> {
  for (const file of files) {
    const now = await stat(file.path).catch((error: unknown) => refuse(file.path, error));
    if (now.size !== file.bytes || now.mtimeMs !== file.modifiedMs) {
      const what = `${file.path} changed while it was being read (it had ${file.bytes} bytes, now ${now.size})`;
      throw new CorpusError("CORPUS_UNREADABLE", `${what}: start again when nothing writes to it`);
    }
  }
}
