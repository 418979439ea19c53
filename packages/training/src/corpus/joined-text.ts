import type { CorpusFile } from "./find-files.js";
import { JsonLines } from "./json-lines.js";
import { readBytes, readText, type ReadProgress } from "./read-file.js";

const LINE_END = 0x0a;

/**
 * The bytes of files as one text, the same for the same files each time. One file of plain text is what it is, byte for
 * byte. Of several, of records and of what is zipped the text is taken: each ends its line, and a blank line parts them,
 * so that read by paragraphs none runs into the next.
 */
export async function* joinedText(
  files: readonly CorpusFile[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const [only] = files;
  if (files.length === 1 && only?.format === "text" && !only.gzip) {
    for await (const chunk of readBytes(only)) {
      signal?.throwIfAborted();
      yield chunk;
    }
    return;
  }
  let last: number | undefined;
  for (const file of files) {
    let begins = true;
    for await (const { chunk, startsText } of textsOf(file)) {
      signal?.throwIfAborted();
      if (last !== undefined && (begins || startsText)) yield Buffer.from(last === LINE_END ? "\n" : "\n\n");
      begins = false;
      last = chunk.at(-1);
      yield chunk;
    }
  }
  if (last !== LINE_END) yield Buffer.from("\n");
}

/** What a file holds, in pieces: each record is a text of its own. Empty ones are left out. */
async function* textsOf(file: CorpusFile): AsyncGenerator<{ chunk: Buffer; startsText: boolean }, void, undefined> {
  const progress: ReadProgress = { bytes: 0, replaced: 0 };
  if (file.format === "text") {
    for await (const chunk of readText(file, progress)) yield { chunk, startsText: false };
    return;
  }
  const lines = new JsonLines(file.path);
  for await (const text of readText(file, progress)) yield* records(lines.push(text));
  yield* records(lines.end());
}

function* records(texts: Iterable<Buffer>): Generator<{ chunk: Buffer; startsText: boolean }, void, undefined> {
  for (const chunk of texts) if (chunk.length > 0) yield { chunk, startsText: true };
}
