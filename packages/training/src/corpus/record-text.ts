import { z } from "zod";

const Text = z.string();
const Record = z.object({ text: Text });

/** The text of one JSON value, as UTF-8, and how many halves of surrogate pairs in it became U+FFFD. */
export interface RecordText {
  readonly bytes: Buffer;
  readonly replaced: number;
}

/**
 * Reads a record: an object with the field `text`, or, where `plain` says so, a string. Throws an Error that says what
 * is wrong with it.
 */
export function recordText(json: string, { plain }: { readonly plain: boolean }): RecordText {
  const text = parse(json, plain);
  const nul = text.indexOf("\0");
  if (nul >= 0) throw new Error(`there is a NUL at character ${nul} of the text: leave it out`);
  const replaced = text.isWellFormed() ? 0 : (text.match(/\p{Cs}/gu)?.length ?? 0);
  return { bytes: Buffer.from(text), replaced };
}

function parse(json: string, plain: boolean): string {
  const shown = json.length > 60 ? `${json.slice(0, 60)}…` : json;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`not JSON (${error instanceof Error ? error.message : String(error)}) in ${shown}`, {
      cause: error,
    });
  }
  const found = plain ? Text.safeParse(value) : null;
  const record = found?.success === true ? found.data : Record.safeParse(value).data?.text;
  if (record === undefined) throw new Error(`no string field "text" in ${shown}`);
  return record;
}
