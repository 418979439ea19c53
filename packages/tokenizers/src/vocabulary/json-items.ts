import { TokenizerError } from "../errors.js";

/** A part of a file, in bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Bytes that are looked at in one go. */
const SLICE = 1 << 18;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN: ReadonlySet<number | undefined> = new Set([0x5b, 0x7b]);
const CLOSE: ReadonlySet<number | undefined> = new Set([0x5d, 0x7d]);

export const broken = (what: string) => new TokenizerError("TOKENIZER_LOAD_FAILED", `the file is broken: ${what}`);

/**
 * The items of the array or object that opens at a place, unread and unchecked; null now and then, where other work may
 * run. @throws TokenizerError where it does not close
 */
export function* itemsOf(bytes: Uint8Array, open: number): Generator<Span | null, void> {
  let depth = 0;
  let isText = false;
  let start = open + 1;
  let pause = open + SLICE;
  for (let at = open; at < bytes.length; at++) {
    if (at >= pause) {
      pause = at + SLICE;
      yield null;
    }
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at++;
      else isText = byte !== QUOTE;
    } else if (byte === QUOTE) isText = true;
    else if (byte === COMMA && depth === 1) {
      yield { start, end: at };
      start = at + 1;
    } else if (OPEN.has(byte)) depth++;
    else if (CLOSE.has(byte) && --depth === 0) {
      yield { start, end: at };
      return;
    }
  }
  throw broken("it ends too early");
}

/** The place where the value of an object's item begins, and its key; null for blank. @throws TokenizerError */
export function memberAt(
  bytes: Uint8Array,
  { start, end }: Span,
): { readonly key: string; readonly value: number } | null {
  const open = past(bytes, start);
  if (open >= end) return null;
  let close = open + 1;
  while (close < end && bytes[close] !== QUOTE) close += bytes[close] === BACKSLASH ? 2 : 1;
  const colon = past(bytes, close + 1);
  if (bytes[open] !== QUOTE || bytes[colon] !== COLON) throw broken("an object has a key that is no text");
  return { key: String(parse(textOf(bytes, { start: open, end: close + 1 }))), value: past(bytes, colon + 1) };
}

/** The first place from one on that is not blank. */
export function past(bytes: Uint8Array, from: number): number {
  let at = from;
  while ([0x20, 0x0a, 0x0d, 0x09].includes(bytes[at] ?? 0)) at++;
  return at;
}

const utf8 = new TextDecoder();

export const textOf = (bytes: Uint8Array, { start, end }: Span): string => utf8.decode(bytes.subarray(start, end));

/** @throws TokenizerError for what is no JSON */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TokenizerError("TOKENIZER_LOAD_FAILED", "the file is broken: it is not JSON", { cause });
  }
}
