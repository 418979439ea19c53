import { open, type FileHandle } from "node:fs/promises";
import type { AsyncBuffer, FileMetaData, SchemaTree } from "hyparquet";
import type { CorpusError } from "./corpus-error.js";
import { unreadable, unsound } from "./unreadable.js";
import { NoTextField } from "./no-text-field.js";
import { chooseField, fieldsThere, quoted } from "./text-field.js";

/** A parquet file with its footer read. */
export interface ParquetFile extends AsyncDisposable {
  readonly metadata: FileMetaData;
  readonly schema: SchemaTree;
  readonly buffer: AsyncBuffer;
}

/** PAR1, the length of the footer and PAR1. */
const LEAST_BYTES = 12;

/** @throws CorpusError CORPUS_UNREADABLE for what has no sound footer */
export async function openParquet(path: string): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetSchema } = await import("hyparquet"); // here, or every command would load it
  const handle = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const { size: byteLength } = await handle.stat();
    if (byteLength < LEAST_BYTES) throw new Error(`it has ${byteLength} bytes, too few to begin and end with PAR1`);
    const buffer = { byteLength, slice: slicesOf(handle, byteLength) };
    const metadata = await parquetMetadataAsync(buffer);
    return { metadata, schema: parquetSchema(metadata), buffer, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw damaged(path, error);
  }
}

const slicesOf =
  (handle: FileHandle, byteLength: number) =>
  async (start: number, end = byteLength): Promise<ArrayBuffer> => {
    if (start < 0 || end < start || end > byteLength) throw new Error(`no bytes ${start} to ${end} of ${byteLength}`);
    const bytes = new ArrayBuffer(end - start);
    const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, end - start, start);
    if (bytesRead < end - start) throw new Error(`bytes ${start} to ${end} end after ${bytesRead}`);
    return bytes;
  };

/** The refusal of a file that cannot be decoded, here or further on. */
export const damaged = (where: string, cause: unknown): CorpusError => unsound(where, "no sound parquet", cause);

/**
 * The column with the text, a column of strings.
 * @throws NoTextField with the columns that there are
 */
export function textColumn(path: string, { schema }: Pick<ParquetFile, "schema">, wanted: string | null): string {
  const columns = schema.children.map((column) => [column.element.name, kindOf(column)] as const);
  const strings = columns.flatMap(([name, kind]) => (kind === "string" ? [name] : []));
  const field = wanted ?? chooseField(strings);
  if (field !== null && strings.includes(field)) return field;
  throw new NoTextField(`${path}: no string column ${quoted(field ?? "text")}: ${fieldsThere(columns)}`);
}

function kindOf({ element, children }: SchemaTree): string {
  const { converted_type: converted, logical_type: logical, repetition_type: repetition, type } = element;
  if (repetition === "REPEATED" || converted === "LIST" || logical?.type === "LIST") return "list";
  if (children.length > 0) return "struct";
  if (converted === "UTF8" || logical?.type === "STRING") return "string";
  return String(type).toLowerCase();
}
