import type { FileHandle } from "node:fs/promises";

/** Chunks as they come, so many together that they make `bytes` bytes: what is written at once costs one call. */
export async function* coalesced(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array[]> {
  let chunks: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    held += chunk.length;
    if (held < bytes) continue;
    yield chunks;
    chunks = [];
    held = 0;
  }
  if (chunks.length > 0) yield chunks;
}

/** Writes chunks one after another where the file is, in one call unless the system takes less. */
export async function writeChunks(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev(chunks);
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  if (bytesWritten < bytes) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}
