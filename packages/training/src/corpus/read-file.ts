import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { CorpusError } from "./corpus-error.js";
import { unreadable, type CorpusFile } from "./find-files.js";
import { Utf8Repair } from "./utf8-repair.js";

const CHUNK = 1 << 20;

/** How far a reading is: bytes taken from the disk, and characters that were not UTF-8 and were replaced. */
export interface ReadProgress {
  bytes: number;
  replaced: number;
}

/** The text of a file as valid UTF-8 in whole characters, unzipped, without byte order mark; adds to `progress`. */
export async function* readText(file: CorpusFile, progress: ReadProgress): AsyncGenerator<Buffer, void, undefined> {
  const repair = new Utf8Repair();
  let atStart = true;
  for await (const chunk of readBytes(file, (bytes) => (progress.bytes += bytes))) {
    const before = repair.replaced;
    const text = repair.push(chunk);
    progress.replaced += repair.replaced - before;
    if (text.length === 0) continue;
    yield atStart ? withoutByteOrderMark(text) : text;
    atStart = false;
  }
  const before = repair.replaced;
  const rest = repair.end();
  progress.replaced += repair.replaced - before;
  if (rest.length > 0) yield rest;
}

/** The bytes of a file, unzipped; `onRead` hears how many came from the disk. */
export async function* readBytes(
  file: CorpusFile,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer, void, undefined> {
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

function explain(file: CorpusFile, error: unknown): CorpusError {
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

const withoutByteOrderMark = (text: Buffer) =>
  text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text;
