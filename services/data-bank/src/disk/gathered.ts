/** Chunks as they come, so many together that they make `bytes` bytes: what is written at once costs one call. */
export async function* gathered(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array[]> {
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
