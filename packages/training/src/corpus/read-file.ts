import { createReadStream, readFileSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip, gunzipSync } from "node:zlib";
import { isErrno } from "@trainer/disk";
import { breathe } from "./breathe.js";
import { CorpusError } from "./corpus-error.js";
import { unreadable } from "./find-files.js";
import { TextReader } from "./text-reader.js";

/** A file to read: by name, with its size when it was looked at. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly gzip: boolean;
}

const CHUNK = 1 << 20;
/** A file up to this size is read in one go: a stream of its own would take a hundred times as long. */
const SMALL = 64 << 10;

/** The text of a file as `reader` gives it, unzipped. `onRead` hears how many bytes came from the disk. */
export async function* readText(
  file: SourceFile,
  { reader = new TextReader(file.path), onRead = () => {} }: TextReading = {},
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of readBytes(file, onRead)) {
    const text = reader.push(chunk);
    if (text.length > 0) yield text;
  }
  const rest = reader.end();
  if (rest.length > 0) yield rest;
}

export interface TextReading {
  readonly reader?: TextReader;
  readonly onRead?: (bytes: number) => void;
}

/** The bytes of a file, unzipped; `onRead` hears how many came from the disk. */
export async function* readBytes(
  file: SourceFile,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer, void, undefined> {
  const small = file.bytes <= SMALL ? readSmall(file) : null;
  if (small !== null) {
    await breathe();
    onRead(small.bytesRead);
    yield small.bytes;
    return;
  }
  const source = createReadStream(file.path, { highWaterMark: CHUNK });
  let seen = 0;
  const report = () => {
    onRead(source.bytesRead - seen);
    seen = source.bytesRead;
  };
  const stream = file.gzip ? pipeline(source, createGunzip({ chunkSize: CHUNK }), () => {}) : source;
  const chunks: AsyncIterable<Buffer> = stream;
  try {
    for await (const chunk of chunks) {
      report();
      yield chunk;
    }
    report();
  } catch (error) {
    throw explain(file, error);
  } finally {
    source.destroy();
    stream.destroy();
  }
}

/** A small file whole; null for one that unzips to a large one. */
function readSmall(file: SourceFile): { readonly bytes: Buffer; readonly bytesRead: number } | null {
  try {
    const bytes = readFileSync(file.path);
    if (!file.gzip || bytes.length === 0) return { bytes, bytesRead: bytes.length };
    return { bytes: gunzipSync(bytes, { maxOutputLength: CHUNK }), bytesRead: bytes.length };
  } catch (error) {
    if (isErrno(error, "ERR_BUFFER_TOO_LARGE")) return null;
    throw explain(file, error);
  }
}

function explain(file: SourceFile, error: unknown): CorpusError {
  const reason = String(error);
  if (reason.includes("unexpected end of file")) {
    return new CorpusError("CORPUS_UNREADABLE", `${file.path} is a gzip file cut short: copy or download it again`, {
      cause: error,
    });
  }
  if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_")) {
    const advice = "if it is plain text take the .gz off its name, else copy it again";
    return new CorpusError("CORPUS_UNREADABLE", `${file.path} is not a sound gzip file (${reason}): ${advice}`, {
      cause: error,
    });
  }
  return unreadable(file.path, error);
}
