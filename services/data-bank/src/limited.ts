import { AppError } from "@trainer/platform";

/** @throws AppError PAYLOAD_TOO_LARGE once more than `maxBytes` have come */
export async function* limited<Chunk extends Uint8Array>(
  source: AsyncIterable<Chunk>,
  maxBytes: number,
): AsyncGenerator<Chunk> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new AppError("PAYLOAD_TOO_LARGE", "file too large");
    yield chunk;
  }
}
