/** Number of characters (code points) of a text, as Python counts them. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The characters that there are more of in a text than in what came back of it, and how many more. */
export function missingCharacters(text: string, back: string): ReadonlyMap<string, number> {
  const missing = new Map<string, number>();
  if (text === back) return missing;
  for (const character of text) missing.set(character, (missing.get(character) ?? 0) + 1);
  for (const character of back) missing.set(character, (missing.get(character) ?? 0) - 1);
  for (const [character, count] of missing) if (count <= 0) missing.delete(character);
  return missing;
}
