import type { ColumnType, TableColumn } from "./run-table.js";

const TYPES = { integer: "INT64", number: "DOUBLE", text: "STRING", boolean: "BOOLEAN", moment: "TIMESTAMP" } as const;

/** A table as a Parquet file, with a type for each column; every cell may be null. */
export async function parquet(columns: readonly TableColumn[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const columnData = columns.map(({ name, type, cells }) => ({
    name,
    type: TYPES[type],
    nullable: true,
    data: cells.map((cell) => stored(type, cell)),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

const stored = (type: ColumnType, cell: TableColumn["cells"][number]) =>
  type === "integer" && typeof cell === "number" ? BigInt(cell) : cell;
