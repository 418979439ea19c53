import { isUtf8 } from "node:buffer";
import { bytesOf, type DType } from "../dtype.js";
import { TorchError } from "../errors.js";
import { describe } from "../describe.js";
import { duplicateKey } from "./duplicate-key.js";
import { dtypeStoredAs, storedNames } from "./stored-dtype.js";

/** Place of a tensor in a file: `bytes` from `start` of the file on. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly bytes: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Bytes of the number that a file begins with: how long its header is. */
export const LENGTH_BYTES = 8;
export const MAX_HEADER_BYTES = 100_000_000;

/** The header's length from a file's first bytes, refused where the header cannot be that long. */
export function headerLength(start: Buffer, fileBytes: number, path: string): number {
  if (start.length < LENGTH_BYTES) {
    throw refusal(path, `it has ${start.length} bytes, fewer than the ${LENGTH_BYTES} of the header's length`);
  }
  const length = start.readBigUInt64LE();
  if (length > MAX_HEADER_BYTES)
    throw refusal(path, `its header's length is ${length}, above the ${MAX_HEADER_BYTES} allowed`);
  if (length > fileBytes - LENGTH_BYTES) {
    throw refusal(
      path,
      `its header's length is ${length}, but the file ends ${fileBytes - LENGTH_BYTES} bytes after it`,
    );
  }
  return Number(length);
}

/**
 * Parses a header and checks all of it against the file's size: every tensor is within the file, has the bytes that its
 * shape and dtype take, and follows the one before without a gap.
 * @throws TorchError FILE with the reason.
 */
export function parseHeader(header: Buffer, fileBytes: number, path: string): Header {
  const entries = Object.entries(parseObject(header, path));
  let metadata: Record<string, string> = {};
  const tensors = new Map<string, StoredTensor>();
  const dataStart = LENGTH_BYTES + header.length;
  for (const [name, entry] of entries) {
    if (name === "__metadata__") metadata = parseMetadata(entry, path);
    else tensors.set(name, parseEntry(name, entry, dataStart, path));
  }
  checkLayout(tensors, dataStart, fileBytes, path);
  return { metadata, tensors };
}

function parseObject(header: Buffer, path: string): object {
  if (!isUtf8(header)) throw refusal(path, "its header is not UTF-8");
  const text = header.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refusal(path, `its header is not JSON (${String(cause)})`, cause);
  }
  if (!text.startsWith("{") || !isObject(value)) throw refusal(path, "its header is not a JSON object");
  const twice = duplicateKey(text);
  if (twice !== null) throw refusal(path, `its header has the key ${describe(twice)} twice`);
  return value;
}

function parseMetadata(value: unknown, path: string): Record<string, string> {
  if (!isObject(value)) throw refusal(path, "its __metadata__ is not an object of strings");
  const texts = Object.entries(value).map(([key, text]: [string, unknown]): [string, string] => {
    if (typeof text === "string") return [key, text];
    throw refusal(path, `its __metadata__ ${describe(key)} is not a string but ${describe(text)}`);
  });
  return Object.fromEntries(texts); // which takes any key, __proto__ too
}

function parseEntry(name: string, entry: unknown, dataStart: number, path: string): StoredTensor {
  const wrong = (what: string) => refusal(path, `tensor ${describe(name)}: ${what}`);
  if (!isObject(entry)) throw wrong(`expected an object, got ${describe(entry)}`);
  const fields: Record<string, unknown> = { ...entry };
  const { dtype: stored, shape, data_offsets: offsets } = fields;
  const dtype = typeof stored === "string" ? dtypeStoredAs(stored) : undefined;
  if (dtype === undefined) throw wrong(`dtype ${describe(stored)} is not one of ${storedNames.join(", ")}`);
  if (!isSizes(shape)) throw wrong("its shape is not a list of sizes");
  const [begin, end] = isSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || end < begin) throw wrong("its data_offsets are not [begin, end]");
  const bytes = product([...shape, bytesOf(dtype)]);
  if (bytes !== end - begin) {
    const takes = bytes === null ? "more bytes than can be counted" : `${bytes} bytes`;
    throw wrong(
      `its shape (${shape.join(", ")}) of ${String(stored)} takes ${takes}, but its data_offsets span ${end - begin}`,
    );
  }
  return { dtype, shape, start: dataStart + begin, bytes };
}

function checkLayout(
  tensors: ReadonlyMap<string, StoredTensor>,
  dataStart: number,
  fileBytes: number,
  path: string,
): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.bytes - b.bytes);
  let end = dataStart;
  for (const [name, { start, bytes }] of inOrder) {
    if (start !== end) {
      const what =
        start < end ? `overlaps the tensor before it by ${end - start}` : `leaves a gap before it of ${start - end}`;
      throw refusal(path, `tensor ${describe(name)} ${what} bytes`);
    }
    end = start + bytes;
    if (end > fileBytes)
      throw refusal(path, `tensor ${describe(name)} ends ${end - fileBytes} bytes after the file does`);
  }
  if (end < fileBytes) throw refusal(path, `${fileBytes - end} bytes follow its last tensor`);
}

/** The product of integers, null if it is not exact. */
function product(sizes: readonly number[]): number | null {
  let result = 1;
  for (const size of sizes) {
    result *= size;
    if (!Number.isSafeInteger(result)) return null;
  }
  return result;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

export const refusal = (path: string, what: string, cause?: unknown) =>
  new TorchError("FILE", `${path} is not a sound safetensors file: ${what}`, undefined, undefined, { cause });
