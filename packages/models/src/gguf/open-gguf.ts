import { closeSync, fstatSync, openSync } from "node:fs";
import { elementTypeNames, elementTypeOf, elementTypes, nameOfType, type ElementTypeName } from "./element-types.js";
import { unsound, unsupported } from "./errors.js";
import { HeaderReader } from "./header-reader.js";
import type { Metadata, Value } from "./values.js";

/** A tensor of a file: `bytes` from `start` of the file on. */
export interface StoredTensor {
  readonly type: ElementTypeName;
  /** The last dimension is the one whose numbers lie side by side. */
  readonly shape: readonly number[];
  readonly start: number;
  readonly bytes: number;
}

export interface GgufFile {
  readonly path: string;
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly fileBytes: number;
}

export const MAGIC = "GGUF";
export const VERSION = 3;
export const DEFAULT_ALIGNMENT = 32;
const MOST_ALIGNMENT = 2 ** 20;
const MOST_DIMENSIONS = 4;
/** Key, type and value; name, number of dimensions, type and offset. */
const LEAST_PAIR_BYTES = 8 + 4 + 1;
const LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8;

/**
 * Reads the header of a GGUF file (version 2 or 3, little-endian) and checks all of it against the file's size: every
 * tensor is of a known type, within the file, and none lies in another. No tensor's numbers are read.
 *
 * Errors: MODEL_LOAD_FAILED for what is damaged; UNSUPPORTED_BACKEND for types that are not read here.
 */
export function openGguf(path: string): GgufFile {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw unsound(path, `it cannot be read (${String(cause)})`, cause);
  }
  try {
    return readHeader(new HeaderReader(file, path, fstatSync(file).size));
  } finally {
    closeSync(file);
  }
}

function readHeader(reader: HeaderReader): GgufFile {
  const { path, fileBytes } = reader;
  checkStart(reader);
  const tensorCount = reader.count("the number of tensors", LEAST_TENSOR_BYTES);
  const pairs = reader.count("the number of metadata", LEAST_PAIR_BYTES);
  const metadata = new Map<string, Value>();
  for (let i = 0; i < pairs; i++) {
    const key = reader.text(`the key of metadata ${i}`);
    if (metadata.has(key)) throw unsound(path, `it has the metadata ${quoted(key)} twice`);
    metadata.set(key, reader.value(`metadata ${quoted(key)}`));
  }
  const alignment = alignmentOf(metadata, path);
  const infos = new Map<string, Omit<StoredTensor, "start"> & { readonly offset: number }>();
  for (let i = 0; i < tensorCount; i++) {
    const name = reader.text(`the name of tensor ${i}`);
    if (infos.has(name)) throw unsound(path, `it has the tensor ${quoted(name)} twice`);
    infos.set(name, readTensor(reader, `tensor ${quoted(name)}`, alignment));
  }
  const dataStart = roundUp(reader.at, alignment);
  const tensors = new Map(
    [...infos].map(([name, { offset, ...info }]) => [name, { ...info, start: dataStart + offset }]),
  );
  checkPlaces(tensors, path, fileBytes);
  return { path, metadata, tensors, fileBytes };
}

function checkStart(reader: HeaderReader): void {
  const { path, fileBytes } = reader;
  if (fileBytes < 24) throw unsound(path, `it has ${fileBytes} bytes, fewer than the 24 of a header`);
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(reader.u32("its first bytes"));
  if (magic.toString("latin1") !== MAGIC)
    throw unsound(path, `it begins with 0x${magic.toString("hex")}, not with GGUF`);
  const version = reader.u32("the version");
  if (version === 2 || version === VERSION) return;
  const why = version % 0x10000 === 0 ? "it is big-endian" : `it has version ${version}`;
  throw unsupported(path, `${why}; versions 2 and 3, little-endian, are read`);
}

function alignmentOf(metadata: Metadata, path: string): number {
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof alignment === "number" && alignment % 8 === 0 && alignment > 0 && alignment <= MOST_ALIGNMENT)
    return alignment;
  throw unsound(path, `general.alignment is ${String(alignment)}, not a multiple of 8 up to ${MOST_ALIGNMENT}`);
}

function readTensor(reader: HeaderReader, what: string, alignment: number) {
  const { path } = reader;
  const dimensions = reader.u32(`the number of dimensions of ${what}`);
  if (dimensions > MOST_DIMENSIONS)
    throw unsound(path, `${what} has ${dimensions} dimensions; at most ${MOST_DIMENSIONS} are possible`);
  const reversed = Array.from({ length: dimensions }, (_, i) => reader.u64(`dimension ${i} of ${what}`));
  const shape = reversed.toReversed();
  const id = reader.u32(`the type of ${what}`);
  const offset = reader.u64(`the offset of ${what}`);
  const type = elementTypeOf(id);
  if (type === undefined) {
    const known = elementTypeNames.join(", ");
    throw unsupported(path, `${what} has the type ${nameOfType(id)}; what is read: ${known}`);
  }
  const { block, bytes: blockBytes } = elementTypes[type];
  const row = reversed[0] ?? 1;
  if (row % block !== 0)
    throw unsound(
      path,
      `${what} has rows of ${row} numbers, which is no multiple of the ${block} of a block of ${type}`,
    );
  const numbers = shape.reduce((product, size) => product * size, 1);
  const bytes = (numbers / block) * blockBytes;
  if (!Number.isSafeInteger(numbers) || bytes > reader.fileBytes)
    throw unsound(path, `${what} (${shape.join(", ")}) takes ${bytes} bytes, and the file has ${reader.fileBytes}`);
  if (offset % alignment !== 0)
    throw unsound(path, `${what} has the offset ${offset}, which is no multiple of the alignment ${alignment}`);
  return { type, shape, bytes, offset };
}

function checkPlaces(tensors: ReadonlyMap<string, StoredTensor>, path: string, fileBytes: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.bytes - b.bytes);
  let end = 0;
  let before = "";
  for (const [name, { start, bytes }] of inOrder) {
    if (start < end)
      throw unsound(path, `tensor ${quoted(name)} lies in tensor ${quoted(before)}: ${end - start} bytes are of both`);
    end = start + bytes;
    before = name;
    if (end > fileBytes)
      throw unsound(path, `tensor ${quoted(name)} ends at byte ${end}, and the file has ${fileBytes}: it is cut off`);
  }
}

export const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;

const quoted = (name: string): string => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
