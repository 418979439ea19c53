import { createReadStream } from "node:fs";
import { CorpusError } from "../corpus/corpus-error.js";
import { HEADER_BYTES, idBytes } from "./bin-format.js";
import { MASK } from "./mask.js";
import type { TokenBin } from "./token-bin.js";

/**
 * Mean length in tokens of the documents in each chunk of `seqLen` tokens of a bin: of each token's own document, as long
 * as that is, also where it goes on before or after the chunk. Documents end by `end`; those of a bin with a mask, which are
 * conversations, by the next one's beginning.
 *
 * @throws CorpusError INVALID_INPUT where nothing ends a document
 */
export async function documentLengths(bin: TokenBin, seqLen: number, end: number | null): Promise<Float64Array> {
  if (bin.mask === undefined && end === null) {
    const message = "a curriculum by length: the tokenizer has no token that ends a document, so they have no length";
    throw new CorpusError("INVALID_INPUT", message);
  }
  const { mask, tokens } = bin;
  const sums = new Float64Array(Math.ceil(tokens / seqLen));
  let start = 0;
  const endAt = (until: number) => {
    const length = until - start;
    for (let at = start; at < until; at = (Math.floor(at / seqLen) + 1) * seqLen) {
      const chunk = Math.floor(at / seqLen);
      sums[chunk] = Number(sums[chunk]) + length * (Math.min(until, (chunk + 1) * seqLen) - at);
    }
    start = until;
  };
  if (mask === undefined)
    await eachNumber(bin.path, idBytes(bin.dtype), HEADER_BYTES, (id, i) => id === end && endAt(i + 1));
  else await eachNumber(mask, 1, 0, (flag, i) => flag === MASK.begins && endAt(i));
  endAt(tokens);
  return sums.map((sum, chunk) => sum / Math.min(seqLen, tokens - chunk * seqLen));
}

/** Bytes that are read at a time: no multiple of an id's, for whatever a piece ends with must do. */
const PIECE = (1 << 20) + 1;

/** Reads a file of numbers of `size` bytes each. */
async function eachNumber(
  path: string,
  size: number,
  from: number,
  see: (value: number, i: number) => void,
): Promise<void> {
  let i = 0;
  let rest: Buffer = Buffer.alloc(0);
  const stream: AsyncIterable<Buffer> = createReadStream(path, { start: from, highWaterMark: PIECE });
  for await (const piece of stream) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % size);
    for (let at = 0; at < whole; at += size) see(bytes.readUIntLE(at, size), i++);
    rest = bytes.subarray(whole);
  }
}
