/**
 * The first key that an object within a JSON text has twice, or null. `JSON.parse` keeps the last of the two without a
 * word, so that two readers may see different files. The text must be valid JSON.
 */
export function duplicateKey(json: string): string | null {
  const objects: Set<string>[] = [];
  let last = "";
  for (const token of tokens(json)) {
    if (token === "{") objects.push(new Set());
    else if (token === "}") objects.pop();
    else if (token === ":") {
      const key = String(JSON.parse(last));
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
    last = token;
  }
  return null;
}

/** Brackets, colons, commas and whole strings. A regular expression for a string would overflow on a long one. */
function* tokens(json: string): Generator<string> {
  const token = /[{}[\],:"]/g;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const start = match.index;
    if (json[start] === '"') token.lastIndex = stringEnd(json, start);
    yield json.slice(start, token.lastIndex);
  }
}

/** Behind the closing quote of the string that begins at `start`. */
function stringEnd(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); ; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1; // an odd number escapes the quote
  }
}
