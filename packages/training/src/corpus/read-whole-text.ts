import { CorpusError } from "./corpus-error.js";
import { compressionOf } from "./file-kinds.js";
import { statOf } from "./find-files.js";
import { leftOut } from "./left-out.js";
import type { LeftOut } from "../home/text-losses.js";
import { readText } from "./read-file.js";
import { TextReader } from "./text-reader.js";

/** A text, and how many of its characters were not UTF-8 and became U+FFFD. */
export interface WholeText {
  readonly text: string;
  readonly replaced: number;
  readonly leftOut: LeftOut;
}

type Stream = AsyncIterable<Uint8Array | string>;

const MOST = 256 << 20; // it is held in memory, and V8 holds no string beyond 512 MiB

const STDIN = "the text from stdin";

/**
 * A file as one text, read by the rules of corpora: unzipped, without byte order mark, refused if it is not text. To
 * the last character, whatever its extension. Errors: CorpusError as of `openCorpus`.
 */
export const readTextFile = (path: string, most = MOST): Promise<WholeText> =>
  readWhole(path, new TextReader(path), most);

/** Piped text as one text, by the same rules but that it is not unzipped. */
export const readTextStream = (source: Stream, most = MOST): Promise<WholeText> =>
  readWhole(source, new TextReader(STDIN), most);

/** The same piece by piece, for texts of any size: of a file, by its path, or of a stream. */
export async function* textPieces(from: string | Stream): AsyncGenerator<string, void, undefined> {
  const reader = new TextReader(typeof from === "string" ? from : STDIN);
  for await (const chunk of chunksOf(from, reader)) yield chunk.toString();
}

async function readWhole(from: string | Stream, reader: TextReader, most: number): Promise<WholeText> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(from, reader)) {
    bytes += chunk.length;
    if (bytes > most) {
      const what = `${reader.name} has more than ${most} bytes, too many for one text: cut it up`;
      throw new CorpusError("INVALID_INPUT", what);
    }
    parts.push(chunk);
  }
  const { name, replaced, bytes: read } = reader;
  const losses = replaced === 0 ? [] : [{ file: 0, characters: replaced, bytes: read }];
  return {
    text: Buffer.concat(parts).toString(),
    replaced,
    leftOut: leftOut({ files: [{ path: name }], skipped: [] }, { replaced: losses, separators: {} }),
  };
}

const chunksOf = (from: string | Stream, reader: TextReader): AsyncGenerator<Buffer, void, undefined> =>
  typeof from === "string" ? fileChunks(from, reader) : streamChunks(from, reader);

async function* fileChunks(path: string, reader: TextReader) {
  const info = statOf(path);
  if (info.isDirectory()) {
    throw new CorpusError("INVALID_INPUT", `${path} is a folder, but one text is read here: name a file in it`);
  }
  // What is no file on a disk (a pipe that has a name) has no size, and is read as a stream.
  yield* readText({ path, bytes: info.isFile() ? info.size : Infinity, compression: compressionOf(path) }, { reader });
}

async function* streamChunks(source: Stream, reader: TextReader) {
  for await (const chunk of source) yield reader.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  yield reader.end();
}
