const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first key that an object within a JSON text has twice, or null. `JSON.parse` keeps the last of the two without a
 * word, so that two readers may see different files. The text must be valid JSON.
 */
export function duplicateKey(json: string): string | null {
  const objects: Set<string>[] = [];
  let last = "";
  for (const [token] of json.matchAll(TOKEN)) {
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
