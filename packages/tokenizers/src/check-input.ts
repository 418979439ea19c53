import { TokenizerError } from "./errors.js";
import type { Documents } from "./tokenizer.js";

export const invalid = (message: string, cause?: unknown) =>
  new TokenizerError("INVALID_INPUT", message, cause === undefined ? undefined : { cause });

/** Refuses documents whose ends are not increasing offsets into their bytes. */
export function checkDocuments({ bytes, ends }: Documents): void {
  if (!(bytes instanceof Uint8Array)) throw invalid(`documents are given as a Uint8Array, not ${typeof bytes}`);
  if (!(ends instanceof Uint32Array || ends instanceof Float64Array)) {
    throw invalid("the ends of documents are given as a Uint32Array or a Float64Array");
  }
  let last = 0;
  for (const [i, end] of ends.entries()) {
    if (!(Number.isInteger(end) && end >= last && end <= bytes.length)) {
      throw invalid(`document ${i} ends at ${end}; expected an offset from ${last} to ${bytes.length}`);
    }
    last = end;
  }
}
