import type { Span } from "./curves.js";

/** Never less than this part of the whole is shown. */
const CLOSEST = 1e-6;

/** A span so many times as wide about the same middle; null where that is the whole. */
export function zoomed(shown: Span | null, times: number, whole: Span): Span | null {
  const { from, to } = shown ?? whole;
  const width = Math.max((to - from) * times, (whole.to - whole.from) * CLOSEST);
  const middle = (from + to) / 2;
  return within({ from: middle - width / 2, to: middle + width / 2 }, whole);
}

/** A span moved by a part of its width, as far as there are points. */
export function panned(shown: Span | null, by: number, whole: Span | null): Span | null {
  if (shown === null || whole === null) return null;
  const move = (shown.to - shown.from) * by;
  return within({ from: shown.from + move, to: shown.to + move }, whole);
}

/** The span moved to where there are points; null where it would show them all. */
function within({ from, to }: Span, whole: Span): Span | null {
  const width = to - from;
  if (width >= whole.to - whole.from) return null;
  const begin = Math.min(Math.max(from, whole.from), whole.to - width);
  return { from: begin, to: begin + width };
}

/** What a key does to what is shown; undefined for a key that does nothing. */
export function zoomKey(key: string, shown: Span | null, whole: Span): Span | null | undefined {
  switch (key) {
    case "+":
    case "=":
      return zoomed(shown, 0.5, whole);
    case "-":
      return zoomed(shown, 2, whole);
    case "ArrowLeft":
      return panned(shown, -0.25, whole);
    case "ArrowRight":
      return panned(shown, 0.25, whole);
    case "Home":
      return null;
    default:
      return undefined;
  }
}
