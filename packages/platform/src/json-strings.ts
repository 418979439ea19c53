/**
 * Replaces matches of a pattern in a JSON text, except inside its strings. Takes linear time for any text: a regular
 * expression that skips strings tries each quote of one that never ends, and overflows on a long one.
 */
export function replaceOutsideStrings(json: string, pattern: RegExp, replace: (match: string) => string): string {
  const parts: string[] = [];
  for (let at = 0; at < json.length;) {
    const quote = json.indexOf('"', at);
    const start = quote === -1 ? json.length : quote;
    const end = quote === -1 ? json.length : stringEnd(json, quote);
    parts.push(json.slice(at, start).replace(pattern, replace), json.slice(start, end));
    at = end;
  }
  return parts.join("");
}

/** How often a character stands in a JSON text, except inside its strings. */
export function countOutsideStrings(json: string, character: string): number {
  let count = 0;
  for (let at = 0; at < json.length;) {
    const quote = json.indexOf('"', at);
    const end = quote === -1 ? json.length : quote;
    for (let i = at; i < end; i += 1) if (json[i] === character) count += 1;
    at = quote === -1 ? end : stringEnd(json, quote);
  }
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
