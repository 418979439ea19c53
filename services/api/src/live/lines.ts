import { open, type FileHandle } from "node:fs/promises";

const BLOCK_BYTES = 64 << 10;
const NEWLINE = 0x0a;

/**
 * Start of the last `count` whole lines of a file, or of those before a byte of it, and their end: the rest is still being
 * written.
 */
export async function lastLinesAt(
  file: FileHandle,
  count: number,
  before = Number.POSITIVE_INFINITY,
): Promise<{ start: number; end: number }> {
  const size = Math.min(before, (await file.stat()).size);
  let end = 0;
  let found = 0;
  for (let block = size; block > 0;) {
    const from = Math.max(0, block - BLOCK_BYTES);
    const bytes = await readAt(file, from, block - from);
    for (let at = bytes.lastIndexOf(NEWLINE); at !== -1; at = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1)) {
      if (found === 0) end = from + at + 1;
      if (found++ === count) return { start: from + at + 1, end };
    }
    block = from;
  }
  return { start: 0, end };
}

/**
 * Whole lines from byte `at` on, as many as a read takes, and at least one.
 * @param end behind a newline
 */
export async function linesAt(file: FileHandle, at: number, end: number): Promise<Buffer> {
  for (let length = BLOCK_BYTES; ; length *= 2) {
    const bytes = await readAt(file, at, Math.min(length, end - at));
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    if (whole > 0 || at + length >= end) return bytes.subarray(0, whole);
  }
}

/** The last `count` lines of a file, as they stand there. */
export async function lastLines(path: string, count: number): Promise<string> {
  await using file = await open(path);
  const { start, end } = await lastLinesAt(file, count);
  return (await readAt(file, start, end - start)).toString("utf8");
}

/** Less where the file has become shorter meanwhile. */
export async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
