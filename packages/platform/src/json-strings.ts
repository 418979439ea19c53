/** A piece of a JSON text without strings, and the string that follows it; "" at the end. */
interface Piece {
  readonly outside: string;
  readonly string: string;
}

/**
 * The pieces of a JSON text. Takes linear time for any text: a regular expression that skips strings tries each quote of
 * one that never ends, and overflows on a long one.
 */
function* piecesOf(json: string): Generator<Piece, void, undefined> {
  for (let at = 0; at < json.length;) {
    const quote = json.indexOf('"', at);
    const start = quote === -1 ? json.length : quote;
    const end = quote === -1 ? json.length : stringEnd(json, quote);
    yield { outside: json.slice(at, start), string: json.slice(start, end) };
    at = end;
  }
}

/** Replaces matches of a pattern in a JSON text, except inside its strings. */
export function replaceOutsideStrings(json: string, pattern: RegExp, replace: (match: string) => string): string {
  const parts: string[] = [];
  for (const { outside, string } of piecesOf(json)) parts.push(outside.replace(pattern, replace), string);
  return parts.join("");
}

/** True if a pattern matches in a JSON text, except inside its strings. */
export function matchesOutsideStrings(json: string, pattern: RegExp): boolean {
  for (const { outside } of piecesOf(json)) if (pattern.test(outside)) return true;
  return false;
}

/** How often a character stands in a JSON text, except inside its strings. */
export function countOutsideStrings(json: string, character: string): number {
  let count = 0;
  for (const { outside } of piecesOf(json))
    for (let at = outside.indexOf(character); at !== -1; at = outside.indexOf(character, at + 1)) count += 1;
  return count;
}

/** Behind the closing quote of the string that begins at `start`; the end of the text where there is none. */
function stringEnd(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1; // an odd number escapes the quote
  }
  return json.length;
}
