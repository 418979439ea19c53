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
