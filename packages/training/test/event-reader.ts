import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesAt, fieldsOf } from "@trainer/testing/protobuf-fields";
import { eventFiles } from "../src/tracking/event-file.js";
import { wholeRecords } from "../src/tracking/records.js";

const intAt = (message: Buffer, number: number): number =>
  Number(fieldsOf(message).find(([name]) => name === number)?.[1] ?? 0);

/** Messages of a file's records. */
export function messagesIn(bytes: Buffer): Buffer[] {
  if (wholeRecords(bytes) !== bytes.length) throw new Error("the file has a part that is no record");
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    messages.push(bytes.subarray(at + 12, at + 12 + length));
    at += 12 + length + 4;
  }
  return messages;
}

export interface Shown {
  readonly scalars: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly texts: ReadonlyMap<number, string>;
  readonly plugins: ReadonlyMap<string, Buffer>;
  /** Steps of starts. */
  readonly starts: readonly number[];
  /** Values that a later one of the same step replaced, which a start had not made void. */
  readonly doubled: number;
}

/** What a folder's event files show: a start makes void what is there of its step and later ones. */
export function shownIn(folder: string): Shown {
  const scalars = new Map<string, Map<number, number>>();
  const texts = new Map<number, string>();
  const plugins = new Map<string, Buffer>();
  const starts: number[] = [];
  let doubled = 0;
  for (const name of eventFiles(folder)) {
    for (const event of messagesIn(readFileSync(join(folder, name)))) {
      const step = intAt(event, 2);
      if (bytesAt(event, 7).length > 0) {
        starts.push(step);
        for (const points of [...scalars.values(), texts])
          for (const at of points.keys()) if (at >= step) points.delete(at);
      }
      for (const value of bytesAt(event, 5, 1)) {
        const tag = String(bytesAt(value, 1)[0]);
        const [plugin] = bytesAt(value, 9, 1, 1);
        if (plugin === undefined) {
          const points = scalars.get(tag) ?? new Map<number, number>();
          if (points.has(step)) doubled++;
          points.set(step, bytesAt(value, 2)[0]?.readFloatLE() ?? NaN);
          scalars.set(tag, points);
        } else if (String(plugin) === "text") {
          texts.set(step, bytesAt(value, 8, 8).map(String).join("\n"));
        } else plugins.set(tag, bytesAt(value, 9, 1, 2)[0] ?? Buffer.alloc(0));
      }
    }
  }
  return { scalars, texts, plugins, starts, doubled };
}
