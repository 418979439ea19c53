/** The keys of a JSON value, at any depth, that are not written as all others are. */
export function oddKeys(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((each, i) => oddKeys(each, `${path}[${i}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const here = `${path}.${key}`;
    return (/[A-Z]/.test(key) ? [here] : []).concat(oddKeys(inner, here));
  });
}
