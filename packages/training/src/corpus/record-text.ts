import { formatOf } from "./conversation.js";
import { notJson } from "./not-json.js";
import { chooseField, fieldsThere, quoted } from "./text-field.js";

/**
 * The text of one JSON value, as UTF-8, the field that has it, and how many halves of surrogate pairs in it became
 * U+FFFD; or what is wrong.
 */
export type RecordText =
  { readonly bytes: Buffer; readonly field: string; readonly replaced: number } | { readonly wrong: string };

export interface RecordReading {
  /** True if the record may be a string. */
  readonly plain: boolean;
  /** The field with the text; null: the one that looks like it. */
  readonly field: string | null;
}

/** Reads a record: an object with a field that has the text, or, if `plain`, a string. Errors never quote a text. */
export function recordText(json: string, { plain, field: wanted }: RecordReading): RecordText {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { wrong: notJson(json) };
  }
  if (plain && typeof value === "string") return textOf(value, wanted ?? "text");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { wrong: `no string field ${quoted(wanted ?? "text")}: it is no object` };
  }
  const field = wanted ?? chooseField(stringFields(value));
  const text: unknown = field !== null && Object.hasOwn(value, field) ? Reflect.get(value, field) : null;
  if (field !== null && typeof text === "string") return textOf(text, field);
  const there = Object.entries(value).map(([name, held]: [string, unknown]) => [name, kindOf(held)] as const);
  const talks =
    formatOf(Object.fromEntries(Object.entries(value))) === null
      ? ""
      : ", `trainer train --format auto` reads conversations";
  return { wrong: `no string field ${quoted(field ?? "text")}: ${fieldsThere(there)}${talks}` };
}

const stringFields = (record: object) =>
  Object.entries(record).flatMap(([name, held]: [string, unknown]) => (typeof held === "string" ? [name] : []));

function textOf(text: string, field: string): RecordText {
  const nul = text.indexOf("\0");
  if (nul >= 0) return { wrong: `there is a NUL at character ${nul} of the text: leave it out` };
  return { bytes: Buffer.from(text), field, replaced: text.match(/\p{Cs}/gu)?.length ?? 0 };
}

/** The kind of a value of JSON, for a refusal. */
export const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
