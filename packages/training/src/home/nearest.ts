/** Number of single characters to insert, delete or replace to turn `a` into `b` (Levenshtein 1966). */
export function editDistance(a: string, b: string): number {
  // Row by row of the usual table; each cell holds the distance of a's characters so far to b's up to its own.
  const cells = Array.from(b, (char, j) => ({ char, distance: j + 1 }));
  let result = cells.length;
  let row = 0;
  for (const char of a) {
    let diagonal = row;
    row += 1;
    result = row;
    for (const cell of cells) {
      const above = cell.distance;
      result = Math.min(result + 1, above + 1, diagonal + (char === cell.char ? 0 : 1));
      cell.distance = result;
      diagonal = above;
    }
  }
  return result;
}

/** Those of `names` that `wanted` may have meant, the likeliest first: a part of the name, or a few characters off. */
export function nearest(wanted: string, names: readonly string[], count = 3): string[] {
  const query = wanted.toLowerCase();
  const limit = Math.max(2, Math.floor(query.length / 3));
  return names
    .map((name) => {
      const candidate = name.toLowerCase();
      const part = query.length > 2 && candidate.includes(query);
      return { name, distance: part ? 0 : editDistance(query, candidate) };
    })
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, count)
    .map(({ name }) => name);
}

/** The end of an error about an unknown name: which name may have been meant, and which there are. */
export function suggest(wanted: string, names: readonly string[], otherwise: string): string {
  if (names.length === 0) return otherwise;
  const near = nearest(wanted, names);
  const shown = names.slice(0, 10).join(", ");
  const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
  const all = `there are: ${shown}${more}`;
  return near.length > 0 ? `did you mean ${near.join(" or ")}? (${all})` : all;
}
