/** The row of a line; none for a line that is none: a disk may have lost a part. */
export function rowsIn<T>(schema: { parse(value: unknown): T }, line: string): T[] {
  try {
    return [schema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
