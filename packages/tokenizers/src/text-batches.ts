import { open } from "node:fs/promises";
import { checkDocuments, invalid } from "./check-input.js";
import type { Documents } from "./tokenizer.js";

/** A text, or many at once. */
export type Text = string | Uint8Array | Documents;

const BATCH_BYTES = 4 << 20;

/** Gathers single texts into batches worth a native call; batches go through as they are. */
export async function* textBatches(texts: Iterable<Text> | AsyncIterable<Text>): AsyncGenerator<Documents> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const gathered = (): Documents => {
    let end = 0;
    const batch = { bytes: Buffer.concat(parts), ends: Float64Array.from(parts, (part) => (end += part.length)) };
    parts = [];
    size = 0;
    return batch;
  };
  for await (const text of texts) {
    const part = typeof text === "string" ? Buffer.from(text) : text; // TextEncoder ends a process that has too little memory
    if (part instanceof Uint8Array) {
      parts.push(part);
      size += part.length;
      if (size >= BATCH_BYTES) yield gathered();
    } else if (typeof part === "object" && part !== null) {
      checkDocuments(part);
      yield part;
    } else {
      throw invalid(`a text to train on is a string, bytes or a batch of documents, not ${typeof part}`);
    }
  }
  if (parts.length > 0) yield gathered();
}

const LINE_FEED = 0x0a;

/** The lines of files with their line feeds, or files as they are, in batches. Throws what reading a file does. */
export async function* documentsOfFiles(
  files: readonly string[],
  unit: "line" | "file",
  batchBytes = BATCH_BYTES,
): AsyncGenerator<Documents> {
  for (const path of files) {
    await using file = await open(path);
    const parts: Buffer[] = [];
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(batchBytes));
      if (bytesRead === 0) break;
      const part = buffer.subarray(0, bytesRead);
      const end = unit === "line" ? part.lastIndexOf(LINE_FEED) + 1 : 0;
      if (end > 0) yield linesOf(Buffer.concat([...parts.splice(0), part.subarray(0, end)]));
      parts.push(part.subarray(end));
    }
    const rest = Buffer.concat(parts);
    if (rest.length > 0) yield { bytes: rest, ends: Float64Array.of(rest.length) };
  }
}

function linesOf(bytes: Buffer): Documents {
  const ends: number[] = [];
  for (let end = 0; end < bytes.length; ends.push(end)) end = bytes.indexOf(LINE_FEED, end) + 1;
  return { bytes, ends: Float64Array.from(ends) };
}
