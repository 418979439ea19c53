import type { EncodeResponse } from "@trainer/platform/browser";

export type Encoded = EncodeResponse & { readonly text: string };

export interface Token {
  /** Counted from 1. */
  readonly number: number;
  readonly id: number;
  /** As the tokenizer's file spells it. */
  readonly spelled: string;
  readonly start: number;
  readonly end: number;
  /** Its place in bytes. */
  readonly bytes: string;
}

/** A part of a text and its tokens: one as a rule, several where they are parts of one character, none where nothing was made of it. */
export interface Piece {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** The first tokens of a text. */
export function tokensOf(encoded: Encoded, most: number): Token[] {
  const { ids, tokens, starts, ends, byte_starts: byteStarts, byte_ends: byteEnds } = encoded;
  return (ids ?? []).slice(0, most).map((id, i) => ({
    number: i + 1,
    id,
    spelled: tokens?.[i] ?? "",
    start: starts?.[i] ?? 0,
    end: ends?.[i] ?? 0,
    bytes: `${byteStarts?.[i] ?? 0}–${byteEnds?.[i] ?? 0}`,
  }));
}

/** A text by its tokens, as far as these go; beyond, it is left out unless they are all. */
export function piecesOf(text: string, tokens: readonly Token[], areAll: boolean): Piece[] {
  const pieces: { text: string; tokens: Token[] }[] = [];
  let done = 0;
  for (const token of tokens) {
    const { start, end } = token;
    if (start > done) pieces.push({ text: text.slice(done, start), tokens: [] });
    const last = pieces.at(-1);
    if (start < done && last !== undefined) {
      last.text += text.slice(done, end);
      last.tokens.push(token);
    } else pieces.push({ text: text.slice(start, end), tokens: [token] });
    done = Math.max(done, end);
  }
  if (areAll && done < text.length) pieces.push({ text: text.slice(done), tokens: [] });
  return pieces;
}
