/** A curve of a chart. */
export interface Curve {
  readonly label: string;
  /** Ascending. */
  readonly x: Float64Array;
  /** As long as `x`; NaN where there is no value, which breaks the line. */
  readonly y: Float64Array;
  /** The name of a CSS variable that holds a colour. */
  readonly color: string;
  /** thin: a noisy line, which takes long to draw where it is not; faint: behind others; points: without lines. */
  readonly look?: "line" | "thin" | "faint" | "points";
  readonly isHidden?: boolean;
}

/** A part of the x axis. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

type Column = (number | null | undefined)[];

/** The curves on one x axis, as uPlot draws them, after the places on it: null breaks a line, undefined is only another curve's point. */
export function aligned(curves: readonly Curve[], isLog: boolean): [Float64Array, ...Column[]] {
  const xs = union(curves.map(({ x }) => x));
  const at = new Map<Float64Array, Uint32Array>();
  for (const { x } of curves) if (!at.has(x)) at.set(x, placesIn(xs, x));
  const columns = curves.map(({ x, y }) => {
    const column: Column = Array.from({ length: xs.length });
    at.get(x)?.forEach((place, i) => {
      const value = y[i];
      column[place] = value !== undefined && Number.isFinite(value) && (!isLog || value > 0) ? value : null;
    });
    return column;
  });
  return [xs, ...columns];
}

/** All values of ascending lists, each once and ascending. */
function union(lists: readonly Float64Array[]): Float64Array {
  const distinct = [...new Set(lists)];
  const all = new Float64Array(distinct.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const list of distinct) {
    all.set(list, end);
    end += list.length;
  }
  all.sort();
  let kept = 0;
  for (const value of all) if (kept === 0 || all[kept - 1] !== value) all[kept++] = value;
  return all.slice(0, kept);
}

/** Where each of ascending values stands among all. */
function placesIn(all: Float64Array, values: Float64Array): Uint32Array {
  let place = 0;
  return Uint32Array.from(values, (value) => {
    while (all[place] !== value) place++;
    return place;
  });
}

/** From the first x to the last; null where no curve has a point. */
export function extentOf(curves: readonly Pick<Curve, "x">[]): Span | null {
  let from = Infinity;
  let to = -Infinity;
  for (const { x } of curves) {
    from = Math.min(from, x[0] ?? Infinity);
    to = Math.max(to, x.at(-1) ?? -Infinity);
  }
  return from <= to ? { from, to } : null;
}

/** A chart in words, for those who do not see it. */
export function summaryOf(
  curves: readonly Curve[],
  xName: string,
  show: { readonly x: (x: number) => string; readonly y: (y: number) => string },
): string {
  const shown = curves.filter(({ isHidden, look }) => isHidden !== true && look !== "faint");
  const sentences = shown.flatMap(({ label, x, y }) => {
    const known = Array.from(y.keys()).filter((i) => Number.isFinite(y[i]));
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined || last === undefined) return [];
    const least = known.reduce((best, i) => (Number(y[i]) < Number(y[best]) ? i : best), first);
    const value = (i: number) => show.y(Number(y[i]));
    const place = (i: number) => `${xName} ${show.x(Number(x[i]))}`;
    if (first === last) return [`${label}: ${value(first)} at ${place(first)}.`];
    return [
      `${label}: from ${value(first)} to ${value(last)} at ${place(last)}, least ${value(least)} at ${place(least)}.`,
    ];
  });
  return sentences.length === 0 ? "No points yet." : sentences.join(" ");
}
