import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A temporary folder, gone at the end of its scope. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "trainer-bench-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Token ids as frequent as words are (Zipf), the same every time. */
export function zipf(count: number, vocabSize: number): Uint16Array {
  const ids = new Uint16Array(count);
  let state = 1;
  for (let i = 0; i < count; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    ids[i] = Math.floor(vocabSize ** (state / 2 ** 32)) - 1;
  }
  return ids;
}

/** The same as a file of uint16, little-endian. */
export const writeTokens = (path: string, count: number, vocabSize: number): void =>
  writeFileSync(path, zipf(count, vocabSize));
