import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { unlessAbsent } from "@trainer/disk";

export interface Following {
  /** The byte to begin at. */
  readonly from?: number;
  /** Resolves to true once the file is complete. */
  ended(): Promise<boolean>;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

/**
 * The lines of a file that another process appends to, those that are there first, until `ended`. A last line without its
 * end comes when that is written, or when there is no more to wait for. A file that is not there yet has no lines yet.
 */
export async function* followFile(
  path: string,
  { from = 0, ended, signal, everyMs = 200 }: Following,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let offset = from;
  for (;;) {
    const last = await ended(); // checked first: everything before the end is read after it
    const bytes = await readFrom(path, offset);
    offset += bytes.length;
    const text = rest + decoder.decode(bytes, { stream: true });
    const whole = text.lastIndexOf("\n") + 1;
    rest = text.slice(whole);
    if (whole > 0) yield* text.slice(0, whole - 1).split("\n");
    if (last) break;
    await sleep(everyMs, undefined, { signal });
  }
  if (rest !== "") yield rest;
}

async function readFrom(path: string, offset: number): Promise<Uint8Array> {
  const file = await unlessAbsent(open(path));
  if (file === null) return new Uint8Array();
  await using opened = file;
  const { size } = await opened.stat();
  const bytes = new Uint8Array(Math.max(0, size - offset));
  const { bytesRead } = await opened.read(bytes, 0, bytes.length, offset);
  return bytes.subarray(0, bytesRead);
}
