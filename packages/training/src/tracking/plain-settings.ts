/** Settings that are a number, a text or yes or no, those within others by a path. */
export function plainSettings(config: Readonly<Record<string, unknown>>): Map<string, number | string | boolean> {
  const entries = Object.entries(config).flatMap(([name, value]): [string, number | string | boolean][] => {
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return [[name, value]];
    if (typeof value !== "object" || value === null) return [];
    return [...plainSettings({ ...value })].map(([inner, each]) => [`${name}.${inner}`, each]);
  });
  return new Map(entries);
}
