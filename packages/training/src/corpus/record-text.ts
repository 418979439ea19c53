import { z } from "zod";
import { notJson } from "./not-json.js";

const Record = z.object({ text: z.string() });

/** The text of one JSON value, as UTF-8, and how many halves of surrogate pairs in it became U+FFFD; or what is wrong. */
export type RecordText = { readonly bytes: Buffer; readonly replaced: number } | { readonly wrong: string };

/** Reads a record: an object with the field `text`, or, if `plain`, a string. Errors never quote it. */
export function recordText(json: string, { plain }: { readonly plain: boolean }): RecordText {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { wrong: notJson(json) };
  }
  const text = plain && typeof value === "string" ? value : Record.safeParse(value).data?.text;
  if (text === undefined) return { wrong: 'no string field "text"' };
  const nul = text.indexOf("\0");
  if (nul >= 0) return { wrong: `there is a NUL at character ${nul} of the text: leave it out` };
  return { bytes: Buffer.from(text), replaced: text.match(/\p{Cs}/gu)?.length ?? 0 };
}
