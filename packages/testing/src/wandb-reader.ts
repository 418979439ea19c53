import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesAt, fieldsOf } from "./protobuf-fields.js";
import { crc32 } from "node:zlib";

const BLOCK = 32_768;

/** Records of a log file, by the format's description alone: what writes them shares no code with this. */
export function recordsIn(bytes: Buffer): Buffer[] {
  if (bytes.toString("latin1", 0, 7) !== ":W&B\u00E1\u00BE\0") throw new Error("the file is none of W&B's");
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let at = 7; at < bytes.length;) {
    const left = BLOCK - (at % BLOCK);
    if (left < 7) {
      if (bytes.subarray(at, at + left).some((byte) => byte !== 0)) throw new Error("a block ends in other than zeros");
      at += left;
      continue;
    }
    const length = bytes.readUInt16LE(at + 4);
    const kind = bytes.readUInt8(at + 6);
    if (length + 7 > left) throw new Error("a part goes beyond its block");
    if (bytes.readUInt32LE(at) !== crc32(bytes.subarray(at + 6, at + 7 + length))) throw new Error("a wrong checksum");
    if ((kind === 1 || kind === 2) !== (parts.length === 0)) throw new Error(`a part of kind ${kind} at a wrong place`);
    parts.push(bytes.subarray(at + 7, at + 7 + length));
    if (kind === 1 || kind === 4) records.push(Buffer.concat(parts.splice(0)));
    at += 7 + length;
  }
  if (parts.length > 0) throw new Error("the last record has no end");
  parts = [];
  return records;
}

type Values = Readonly<Record<string, unknown>>;

export interface WandbFile {
  readonly name: string;
  readonly project: string;
  readonly entity: string | null;
  readonly config: Values;
  /** Rows of the history, in their order. */
  readonly rows: readonly Values[];
  readonly summary: Values;
  /** Null for a run that goes on. */
  readonly exit: number | null;
}

/** What a file holds of a run. */
export function wandbFile(path: string): WandbFile {
  const records = recordsIn(readFileSync(path));
  const ends = records.flatMap((record) => bytesAt(record, 18));
  const runs = records.flatMap((record) => bytesAt(record, 17));
  const numbers = records.map((record) => Number(fieldsOf(record)[0]?.[1]));
  if (numbers.some((number, i) => number !== i + 1)) throw new Error(`records are numbered ${numbers.join(" ")}`);
  const [run = Buffer.alloc(0)] = runs;
  const text = (field: number) => bytesAt(run, field).map(String)[0];
  const rows = records.flatMap((record) => bytesAt(record, 2)).map((row) => values(bytesAt(row, 1)));
  return {
    name: String(text(8)),
    project: String(text(3)),
    entity: text(2) ?? null,
    config: values(bytesAt(run, 4, 1)),
    rows,
    summary: values(records.flatMap((record) => bytesAt(record, 3, 1))), // a later value replaces an earlier one
    exit: ends.length === 0 ? null : Number(fieldsOf(ends[0] ?? run)[0]?.[1]),
  };
}

const values = (items: readonly Buffer[]): Values =>
  Object.fromEntries(
    items.map((item): [string, unknown] => [String(bytesAt(item, 1)[0]), JSON.parse(String(bytesAt(item, 16)[0]))]),
  );

/** Paths of the files of runs in a folder of W&B's, the oldest first. */
export const wandbFiles = (folder: string): string[] =>
  readdirSync(join(folder, "wandb"))
    .toSorted()
    .flatMap((run) =>
      readdirSync(join(folder, "wandb", run))
        .filter((name) => name.endsWith(".wandb"))
        .map((name) => join(folder, "wandb", run, name)),
    );
