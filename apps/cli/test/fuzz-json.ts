import { z } from "zod";
import { EXTREMES, type Edit, type Random } from "./fuzz-random.js";

export type Json = z.infer<ReturnType<typeof z.json>>;

const Json = z.json();
const parsed = new WeakMap<Buffer, Json>();

/** The value of a sound file, which many mutants are made of. */
export function jsonIn(file: Buffer): Json {
  const value = parsed.get(file) ?? Json.parse(JSON.parse(file.toString()));
  parsed.set(file, value);
  return value;
}

/** Placeholder for a value that JSON.stringify cannot write, with its replacement. */
export const written = (value: Json): string =>
  JSON.stringify(value)
    .replace(/"\u{e000}number (.*?)"/gu, "$1")
    .replace(/"\u{e000}deep (\d+)"/gu, (_, depth: string) => "[".repeat(Number(depth)) + "]".repeat(Number(depth)))
    .replace(
      /"\u{e000}keyed (\d+)"/gu,
      (_, depth: string) => '{"a":'.repeat(Number(depth)) + "1" + "}".repeat(Number(depth)),
    );

const valueEdits: Readonly<Record<string, Edit<Json>>> = {
  "number replaced": (_, r) => `\u{e000}number ${r.pick(EXTREMES)}`,
  lengthened: (value, r) =>
    typeof value === "string"
      ? (value === "" ? "a" : value).repeat(2 ** r.below(18)).slice(0, 1 << 20)
      : [value].flat().flatMap((item: Json) => Array.from({ length: 2 ** r.below(4) }, () => item)),
  "nested deep": (_, r) => `\u{e000}${r.pick(["deep", "keyed"])} ${10 ** r.below(6)}`,
  "another kind": (_, r) => r.pick<Json>([null, true, false, 1, 0.5, "", "a", [], {}, [1], { a: 1 }, [[]], "\u{d800}"]),
  "replaced by another": (_, r, others) => somewhere(r.pick(others), r, (found) => found),
};

const containerEdits: Readonly<Record<string, Edit<Json[]>>> = {
  "item removed": (items, r) => items.toSpliced(r.below(items.length + 1), 1),
  "item doubled": (items, r) => items.toSpliced(r.below(items.length + 1), 0, r.pick(items)),
  "items swapped"(items, r) {
    const [at, other] = [r.below(items.length), r.below(items.length)];
    return items.with(at, items[other] ?? null).with(other, items[at] ?? null);
  },
};

/** Walks down at random, so that upper places are met often, and replaces the place by the result of `edit`. */
function somewhere(value: Json, r: Random, edit: (found: Json) => Json, rebuild = false): Json {
  const isLeaf = typeof value !== "object" || value === null || Object.keys(value).length === 0;
  if (isLeaf || r.below(4) === 0) return edit(value);
  const key = r.pick(Object.keys(value));
  if (Array.isArray(value)) {
    const inner = somewhere(value[Number(key)] ?? null, r, edit, rebuild);
    return rebuild ? value.with(Number(key), inner) : inner;
  }
  const inner = somewhere(value[key] ?? null, r, edit, rebuild);
  return rebuild ? { ...value, [key]: inner } : inner;
}

/** The value after one change, and which. */
export function editJson(value: Json, r: Random, others: readonly Json[]): [Json, string] {
  if (r.below(3) > 0) {
    const [name, edit] = r.pick(Object.entries(valueEdits));
    return [somewhere(value, r, (found) => edit(found, r, others), true), name];
  }
  const [name, edit] = r.pick(Object.entries(containerEdits));
  const inContainer = (found: Json): Json => {
    if (typeof found !== "object" || found === null || Object.keys(found).length === 0) return null;
    if (Array.isArray(found)) return edit(found, r, []);
    const keys = edit(Object.keys(found), r, []).map(String);
    return Object.fromEntries(keys.map((key, i) => [key, Object.values(found)[i] ?? null]));
  };
  return [somewhere(value, r, inContainer, true), name];
}
