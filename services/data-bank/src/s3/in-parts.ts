export interface Part {
  readonly body: Buffer<ArrayBuffer>;
  readonly last: boolean;
}

/** Chunks put together into parts: all but the last at least `partBytes` long; the last may be empty if it is the only one. */
export async function* inParts(chunks: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Part, void> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    if (bytes >= partBytes) {
      yield { body: Buffer.concat(held), last: false };
      held = [];
      bytes = 0;
    }
    held.push(chunk);
    bytes += chunk.length;
  }
  yield { body: Buffer.concat(held), last: true };
}
