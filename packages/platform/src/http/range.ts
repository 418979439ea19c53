import { AppError } from "../errors.js";

/** Bytes of a file, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * One range of a Range header (RFC 9110 §14.2), and the forms beyond it that clients send: `bytes=5` is
 * from 5 on, `bytes=-` is all.
 * @param size of the file, in bytes
 * @throws AppError RANGE_NOT_SATISFIABLE
 */
export function parseRange(header: string, size: number): ByteRange {
  const spec = /^\s*bytes\s*=(.*)$/i.exec(header)?.[1];
  if (spec === undefined) throw new AppError("RANGE_NOT_SATISFIABLE", "invalid range");
  if (spec.includes(",")) throw new AppError("RANGE_NOT_SATISFIABLE", "multiple ranges not supported");
  const match = /^(?:(\d+)(?:\s*-\s*(\d*))?|-\s*(\d*))$/.exec(spec.trim());
  if (match === null) throw new AppError("RANGE_NOT_SATISFIABLE", "invalid range");
  const [, from, to, last] = match;
  const start = from === undefined ? size - Math.min(size, last ? Number(last) : size) : Number(from);
  const end = to ? Math.min(Number(to), size - 1) : size - 1;
  if (start >= size || start > end) throw unsatisfiable(size);
  return { start, end };
}

/** The answer names the size, so that the client can request a valid range. */
const unsatisfiable = (size: number) =>
  new AppError("RANGE_NOT_SATISFIABLE", "unsatisfiable range", { headers: { "content-range": `bytes */${size}` } });
