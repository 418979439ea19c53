/** What waits to be drawn, by who draws it. */
const waiting = new Map<object, () => void>();
let isAsked = false;

/**
 * Draws in a frame in which nothing else is drawn by this: all plots of a page together would hold up the reader. What
 * waits already for the same `key` is not drawn; its place is kept, so that all have their turn however often one asks.
 */
export function inOwnFrame(key: object, draw: () => void): void {
  waiting.set(key, draw);
  ask();
}

function ask(): void {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    for (const [key, draw] of waiting) {
      waiting.delete(key);
      if (waiting.size > 0) ask();
      draw();
      return;
    }
  });
}
