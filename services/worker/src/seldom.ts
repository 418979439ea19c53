/**
 * Passes a text on once, and again only after so many milliseconds without it: messages that repeat ten times a second
 * while Redis is unavailable would hide all else in a log.
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
