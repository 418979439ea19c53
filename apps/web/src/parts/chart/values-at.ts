import type { RefObject } from "react";
import type uPlot from "uplot";
import { UNKNOWN } from "../figures.js";
import type { Curve } from "./curves.js";
import type { Hover } from "./use-plot.js";

/** Of what a legend shows values. */
export interface LegendProps {
  readonly curves: readonly Curve[];
  readonly plot: RefObject<uPlot | null>;
  readonly hover: Hover;
  readonly xName: string;
  readonly showX: (x: number) => string;
  readonly showY: (y: number) => string;
}

/** What a legend shows of a plot. */
export interface Shown {
  /** The place that is pointed at; null where none is. */
  readonly x: number | null;
  /** The value of a curve there, else its last. */
  readonly valueOf: (curve: Curve) => string;
}

export function valuesAt(
  { current: plot }: LegendProps["plot"],
  { curves, hover, showY }: Pick<LegendProps, "curves" | "hover" | "showY">,
): Shown {
  const isHovered = hover?.slice(1).some((idx) => idx !== null) === true;
  const at = (column: number) => valueIn(plot, column, hover);
  const valueOf = (curve: Curve) => {
    const value = isHovered ? at(curves.indexOf(curve) + 1) : curve.y.findLast(Number.isFinite);
    return value === null || value === undefined ? UNKNOWN : showY(value);
  };
  return { x: isHovered ? at(0) : null, valueOf };
}

/** The value of a column of a plot's data where it is pointed at; null where it is not. */
function valueIn(plot: uPlot | null, column: number, places: Hover): number | null {
  const place = places?.[column];
  const value = typeof place === "number" ? plot?.data[column]?.[place] : undefined;
  return typeof value === "number" ? value : null;
}

/** How many of many curves have their values beside a chart. */
export const MOST_NEAR = 6;

/**
 * The curves nearest to the pointer, those that stand back after all others, by their labels from the uppermost on; of
 * a chart that is not pointed at the first.
 */
export function nearestTo(plot: uPlot | null, curves: readonly Curve[]): readonly string[] {
  const { top = 0, idxs } = plot?.cursor ?? {};
  const places = curves.flatMap(({ label, look }, i) => {
    const value = valueIn(plot, i + 1, idxs);
    const y = value === null ? undefined : plot?.valToPos(value, "y");
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
