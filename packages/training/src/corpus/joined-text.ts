import { textsOf } from "./file-texts.js";
import type { CorpusFile } from "./find-files.js";
import { noteReplaced, type TextLosses } from "./left-out.js";
import { readBytes } from "./read-file.js";
import { TextReader } from "./text-reader.js";

const LINE_END = 0x0a;

/**
 * The bytes of files as one text, the same for the same files each time. One file of plain text is what it is, byte for
 * byte. Of several, of records and of what is zipped the text is taken: each ends its line, and a blank line parts them,
 * so that read by paragraphs none runs into the next. What is lost is noted in `losses`.
 */
export async function* joinedText(
  files: readonly CorpusFile[],
  losses: TextLosses,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const [only] = files;
  if (files.length === 1 && only?.format === "text" && only.compression === null) {
    const reader = new TextReader(only.path);
    for await (const chunk of readBytes(only)) {
      signal?.throwIfAborted();
      reader.push(chunk); // which refuses what is not text
      yield chunk;
    }
    reader.end();
    noteReplaced(losses, 0, reader);
    return;
  }
  let last: number | undefined;
  for (const [i, file] of files.entries()) {
    let begins = true;
    for await (const { chunk, startsText } of piecesOf(file, losses, i)) {
      signal?.throwIfAborted();
      if (last !== undefined && (begins || startsText)) yield Buffer.from(last === LINE_END ? "\n" : "\n\n");
      begins = false;
      last = chunk.at(-1);
      yield chunk;
    }
  }
  if (last !== LINE_END) yield Buffer.from("\n");
}

/** The texts of a file, in pieces: each record is a text of its own. Empty ones are left out. */
async function* piecesOf(
  file: CorpusFile,
  losses: TextLosses,
  place: number,
): AsyncGenerator<{ chunk: Buffer; startsText: boolean }, void, undefined> {
  const source = await textsOf(file);
  for await (const { texts } of source.read()) {
    for (const chunk of texts) if (chunk.length > 0) yield { chunk, startsText: source.areRecords };
  }
  noteReplaced(losses, place, source);
}
