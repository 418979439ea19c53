import type uPlot from "uplot";
import { UNKNOWN } from "../figures.js";
import type { Curve } from "./curves.js";
import type { Hover } from "./use-plot.js";

/** What a legend shows of a plot. */
export interface Shown {
  /** The place that is pointed at; null where none is. */
  readonly x: number | null;
  /** The value of a curve there, else its last. */
  readonly valueOf: (curve: Curve) => string;
}

export function valuesAt(
  plot: uPlot | null,
  curves: readonly Curve[],
  hover: Hover,
  showY: (y: number) => string,
): Shown {
  const isHovered = hover?.slice(1).some((idx) => idx !== null) === true;
  const at = (column: number) => {
    const idx = hover?.[column];
    const value = typeof idx === "number" ? plot?.data[column]?.[idx] : undefined;
    return typeof value === "number" ? value : null;
  };
  const valueOf = (curve: Curve) => {
    const value = isHovered ? at(curves.indexOf(curve) + 1) : curve.y.findLast(Number.isFinite);
    return value === null || value === undefined ? UNKNOWN : showY(value);
  };
  return { x: isHovered ? at(0) : null, valueOf };
}

/** How many of many curves have their values beside a chart. */
export const MOST_NEAR = 6;

/**
 * The curves nearest to the pointer, those that stand back after all others, by their labels from the uppermost on; of
 * a chart that is not pointed at the first.
 */
export function nearestTo(plot: uPlot | null, curves: readonly Curve[]): readonly string[] {
  const { top = 0, idxs = [] } = plot?.cursor ?? {};
  const places = curves.flatMap(({ label, look }, i) => {
    const idx = idxs[i + 1];
    const value = typeof idx === "number" ? plot?.data[i + 1]?.[idx] : undefined;
    const y = typeof value === "number" ? plot?.valToPos(value, "y") : undefined;
    return y === undefined ? [] : [{ label, y, isBack: look === "faint" }];
  });
  return places
    .toSorted((a, b) => Number(a.isBack) - Number(b.isBack) || Math.abs(a.y - top) - Math.abs(b.y - top))
    .slice(0, MOST_NEAR)
    .toSorted((a, b) => a.y - b.y)
    .map(({ label }) => label);
}

/** The curves of these labels, in their order; where there are none the first, those that stand back after all others. */
export function curvesNamed(curves: readonly Curve[], labels: readonly string[]): readonly Curve[] {
  const named = labels.flatMap((label) => curves.find((curve) => curve.label === label) ?? []);
  if (named.length > 0) return named;
  return [...curves.filter(({ look }) => look !== "faint"), ...curves.filter(({ look }) => look === "faint")].slice(
    0,
    MOST_NEAR,
  );
}
