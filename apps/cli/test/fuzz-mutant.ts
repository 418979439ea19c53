import { byteEdits } from "./fuzz-bytes.js";
import { editJson, jsonIn, written } from "./fuzz-json.js";
import { editEntry } from "./fuzz-zip.js";
import { Random } from "./fuzz-random.js";

/** Files that are read together, by their names. */
export type Files = ReadonlyMap<string, Buffer>;

export interface Source {
  readonly files: Files;
  /** The names of those that are changed. */
  readonly changed: readonly string[];
}

export interface Mutant {
  readonly files: Files;
  /** The change and its file, in words. */
  readonly description: string;
}

/** A safetensors file is a header in JSON behind its length: the header is changed and the length made right. */
function editHeader(bytes: Buffer, r: Random): [Buffer, string] {
  const length = Number(bytes.readBigUInt64LE());
  const header = jsonIn(bytes.subarray(8, 8 + length));
  const [value, what] = editJson(header, r, [header]);
  const changed = Buffer.from(written(value));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(changed.length));
  return [Buffer.concat([start, changed, bytes.subarray(8 + length)]), `header: ${what}`];
}

function edit(name: string, bytes: Buffer, r: Random, others: readonly Buffer[]): [Buffer, string] {
  if (r.below(3) > 0 && name.endsWith(".json")) {
    const [changed, what] = editJson(jsonIn(bytes), r, [jsonIn(r.pick(others))]);
    return [Buffer.from(written(changed)), what];
  }
  if (r.below(3) > 0 && name.endsWith(".safetensors")) return editHeader(bytes, r);
  const [what, change] = r.pick(Object.entries(byteEdits));
  if (r.below(3) > 0 && name.endsWith(".pt")) return [editEntry(bytes, r, change), `entry: ${what}`];
  return [change(bytes, r, others), what];
}

/** The mutant of a seed: always the same. */
export function mutantOf(seed: number, sources: readonly Source[]): Mutant {
  const r = new Random(seed);
  const source = r.pick(sources);
  const name = r.pick(source.changed);
  const others = sources.flatMap(({ files }) => files.get(name) ?? []);
  let [bytes, description] = edit(name, source.files.get(name) ?? Buffer.alloc(0), r, others);
  for (let i = r.below(3); i > 0; i--) {
    const [what, change] = r.pick(Object.entries(byteEdits));
    if (r.below(2) === 0) [bytes, description] = [change(bytes, r, others), `${description}, ${what}`];
  }
  return { files: new Map([...source.files, [name, bytes]]), description: `${name}: ${description}` };
}
