import { createReadStream, readFileSync, type ReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip, gunzipSync } from "node:zlib";
import { ZstdErrorCode } from "fzstd";
import { isErrno } from "@trainer/disk";
import type { ArchiveEntry } from "./archive/archive-entry.js";
import { breathe } from "./breathe.js";
import { CorpusError } from "./corpus-error.js";
import type { Compression } from "./file-kinds.js";
import { unreadable } from "./unreadable.js";
import { TextReader } from "./text-reader.js";
import { NotUnpacked, unpackedBy } from "./unpacked-by.js";
import { unzstd } from "./unzstd.js";
import { WindowTooLarge } from "./zstd-frames.js";

/** A file to read: by name, with its size when it was looked at. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly compression: Compression | null;
  /** Where it lies in an archive; undefined for a file of the disk. */
  readonly entry?: ArchiveEntry | undefined;
}

const CHUNK = 1 << 20;
/** A file up to this size is read in one go: a stream of its own would take a hundred times as long. */
const SMALL = 64 << 10;

/** Hears of the bytes that come from the disk. */
export interface ReadListeners {
  /** Hears how many there are. */
  readonly onRead?: (bytes: number) => void;
  /** Hears all of them, as they lie there, also those that unzipping has no use for. */
  readonly onStored?: ((chunk: Buffer) => void) | undefined;
}

/** The text of a file as `reader` gives it, unzipped. */
export async function* readText(
  file: SourceFile,
  { reader = new TextReader(file.path), ...listeners }: TextReading = {},
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of readBytes(file, listeners)) {
    const text = reader.push(chunk);
    if (text.length > 0) yield text;
  }
  const rest = reader.end();
  if (rest.length > 0) yield rest;
}

export interface TextReading extends ReadListeners {
  readonly reader?: TextReader;
}

/** The bytes of a file, unzipped. */
export async function* readBytes(
  file: SourceFile,
  { onRead = () => {}, onStored }: ReadListeners = {},
): AsyncGenerator<Buffer, void, undefined> {
  if (file.entry !== undefined) {
    for await (const chunk of file.entry.read()) {
      onRead(chunk.length);
      onStored?.(chunk);
      yield chunk;
    }
    return;
  }
  const small = file.bytes <= SMALL ? readSmall(file) : null;
  if (small !== null) {
    await breathe();
    onRead(small.stored.length);
    onStored?.(small.stored);
    yield small.bytes;
    return;
  }
  const source = createReadStream(file.path, { highWaterMark: CHUNK });
  let seen = 0;
  const report = (read: number) => {
    onRead(read - seen);
    seen = read;
  };
  const isGzip = file.compression === "gzip";
  const zipped = isGzip && onStored !== undefined ? new Stored(file, source, onStored) : null;
  const gunzip = isGzip ? pipeline(source, createGunzip({ chunkSize: CHUNK }), () => {}) : null;
  const stored: AsyncIterable<Buffer> = gunzip ?? source;
  let taken = 0;
  async function* heard() {
    for await (const chunk of stored) {
      taken += chunk.length;
      if (!isGzip) onStored?.(chunk);
      yield chunk;
    }
  }
  try {
    for await (const chunk of unpacked(file, heard())) {
      report(gunzip?.bytesWritten ?? taken); // what is unpacked: the source is read ahead of it
      yield chunk;
    }
    report(source.bytesRead);
    await zipped?.end();
  } catch (error) {
    throw explain(file, error);
  } finally {
    source.destroy();
    gunzip?.destroy();
  }
}

/** The bytes of a file that is not gzip, whose unzipping is a part of its stream. */
function unpacked({ compression }: SourceFile, stored: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  if (compression === "zstd") return unzstd(stored);
  return compression === "bzip2" || compression === "xz" ? unpackedBy(compression, stored) : stored;
}

/** The bytes of a gzip file beside their way through its unzipping, which ends where the archive does. */
class Stored {
  #bytes = 0;

  constructor(
    private readonly file: SourceFile,
    private readonly source: ReadStream,
    private readonly listener: (chunk: Buffer) => void,
  ) {
    source.on("data", this.#hear);
  }

  readonly #hear = (chunk: Buffer | string): void => {
    const bytes = Buffer.from(chunk);
    this.#bytes += bytes.length;
    this.listener(bytes);
  };

  /** Reads what the unzipping has left. */
  async end(): Promise<void> {
    this.source.off("data", this.#hear);
    const rest: AsyncIterable<Buffer> = createReadStream(this.file.path, { start: this.#bytes });
    for await (const chunk of rest) this.listener(chunk);
  }
}

/** A small file whole, as it lies there and unzipped; null for one that unzips to a large one. */
function readSmall(file: SourceFile): { readonly stored: Buffer; readonly bytes: Buffer } | null {
  if (file.compression !== null && file.compression !== "gzip") return null;
  try {
    const stored = readFileSync(file.path);
    if (file.compression === null || stored.length === 0) return { stored, bytes: stored };
    return { stored, bytes: gunzipSync(stored, { maxOutputLength: CHUNK }) };
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
  if (error instanceof WindowTooLarge) {
    const advice = "unpack it (`zstd -d --long=31 FILE`), or compress it again without --long";
    return new CorpusError("INVALID_INPUT", `${file.path}: ${error.message}: ${advice}`, { cause: error });
  }
  if (file.compression === "zstd" && error instanceof Error && "code" in error && typeof error.code === "number") {
    const cut = error.code === ZstdErrorCode.UnexpectedEOF;
    const message = cut
      ? `${file.path} is a zstd file cut short: copy or download it again`
      : `${file.path} is not a sound zstd file (${reason}): if it is plain text take the .zst off its name, else copy it again`;
    return new CorpusError("CORPUS_UNREADABLE", message, { cause: error });
  }
  if (error instanceof NotUnpacked) return notUnpacked(file.path, error);
  if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_")) {
    const advice = "if it is plain text take the .gz off its name, else copy it again";
    return new CorpusError("CORPUS_UNREADABLE", `${file.path} is not a sound gzip file (${reason}): ${advice}`, {
      cause: error,
    });
  }
  return unreadable(file.path, error);
}

function notUnpacked(path: string, cause: NotUnpacked): CorpusError {
  const { program, said } = cause;
  const [ending, source] = program === "xz" ? [".xz", "xz-utils"] : [".bz2", "bzip2"];
  const error = (message: string) => new CorpusError("CORPUS_UNREADABLE", message, { cause });
  if (said === null) {
    const advice = `install it (\`apt-get install ${source}\`), or unpack the file elsewhere`;
    return error(`${path} is unpacked by the program ${program}, which cannot be started here: ${advice}`);
  }
  if (/ends unexpectedly|Unexpected end/.test(said))
    return error(`${path} is a ${program} file cut short: copy or download it again`);
  const advice = `if it is plain text take the ${ending} off its name, else copy it again`;
  return error(`${path} is not a sound ${program} file (${said}): ${advice}`);
}
