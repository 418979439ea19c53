import { Decompress } from "fzstd";
import { ZstdFrames } from "./zstd-frames.js";

/** Compressed bytes taken at once: a block of 4 bytes can stand for 128 KiB, so that these stand for 8 MiB at most. */
const SLICE = 256;

/**
 * Decompresses Zstandard, all its frames. Throws a ZstdError for what is not sound or ends too early,
 * WindowTooLarge for what would take too much memory.
 */
export async function* unzstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let ready: Buffer[] = [];
  const stream = new Decompress((bytes) => void ready.push(Buffer.from(bytes)));
  const take = () => {
    const taken = Buffer.concat(ready);
    ready = [];
    return taken;
  };
  const frames = new ZstdFrames();
  for await (const chunk of chunks) {
    frames.push(chunk);
    for (let at = 0; at < chunk.length; at += SLICE) {
      stream.push(chunk.subarray(at, at + SLICE));
      if (ready.length > 0) yield take();
    }
  }
  stream.push(new Uint8Array(0), true);
  yield take();
}
