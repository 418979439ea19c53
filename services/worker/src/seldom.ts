/**
 * Passes a text on once, and again only when it has not come for so many milliseconds: what is said ten times a second for
 * as long as Redis is away hides all else in a log.
 */
export function seldom(quietMs: number, pass: (text: string) => void): (text: string) => void {
  const latest = new Map<string, number>();
  return (text) => {
    const now = performance.now();
    const before = latest.get(text) ?? -Infinity;
    for (const [each, at] of latest) if (now - at >= quietMs) latest.delete(each);
    latest.set(text, now);
    if (now - before >= quietMs) pass(text);
  };
}
