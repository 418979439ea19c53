import type { MetricsHistory, StepMetrics } from "@trainer/platform/browser";
import type { Curve } from "../../parts/chart/curves.js";
import { placesOn, stepsPerEpoch } from "../../parts/curves-view/axis.js";
import type { PageChart } from "../../parts/curves-view/curves-grid.js";
import { smoothed } from "../../parts/curves-view/smooth.js";
import type { Axis } from "../../parts/curves-view/view.js";
import { figure, short } from "../../parts/figures.js";
import type { Compared } from "./compared.js";

/** With more runs than these a chart has the values of those that are pointed at, beside the legend of all. */
const MOST_NAMED = 8;

const charts: readonly (Omit<PageChart, "curves"> & {
  readonly of: (row: StepMetrics) => number | null;
  /** Smoothed as the reader asks. */
  readonly isNoisy: boolean;
})[] = [
  { title: "Training loss", of: (row) => row.train_loss, isNoisy: true, showY: figure, canBeLog: true },
  {
    title: "Learning rate",
    of: (row) => row.lr,
    isNoisy: false,
    showY: (y) => (y === 0 ? "0" : y.toExponential(1)),
    canBeLog: true,
  },
  { title: "Gradient norm", of: (row) => row.grad_norm, isNoisy: true, showY: figure, canBeLog: true },
  { title: "Tokens per second", of: (row) => row.tokens_per_sec, isNoisy: true, showY: short, canBeLog: false },
];

export interface View {
  readonly axis: Axis;
  readonly smooth: number;
  readonly pinned: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
}

/** The charts of runs; none for what none of them logged. Where runs are pinned, the others stand back. */
export function compareCharts(compared: readonly Compared[], { axis, smooth, pinned, hidden }: View): PageChart[] {
  const shown = compared.flatMap(({ id, color, run, metrics }) =>
    metrics === null || hidden.has(id)
      ? []
      : [{ id, color, metrics, places: placesOn(axis, metrics.steps, stepsPerEpoch(run)), isBack: isBack(id, pinned) }],
  );
  const hasLegend = shown.length <= MOST_NAMED;
  const lines = charts.map(({ of, isNoisy, title, showY, canBeLog }) => ({
    title,
    showY,
    canBeLog,
    hasLegend,
    curves: shown.map(({ id, color, metrics, places, isBack }): Curve => {
      const y = Float64Array.from(metrics.steps, (row) => of(row) ?? Number.NaN);
      const drawn = isNoisy && smooth > 0 ? smoothed(y, smooth) : y;
      return { label: id, color, x: places.steps, y: drawn, look: isBack ? "faint" : "line" };
    }),
  }));
  const validation: PageChart = {
    title: "Validation loss",
    showY: figure,
    canBeLog: true,
    hasLegend,
    curves: shown.map(({ id, color, metrics, places, isBack }): Curve => {
      const rows = validationsOf(metrics);
      const x = Float64Array.from(rows, ({ step }) => places.at(step));
      const y = Float64Array.from(rows, ({ loss }) => loss ?? Number.NaN);
      return { label: id, color, x, y, look: isBack ? "faint" : "line" };
    }),
  };
  return [validation, ...lines].filter(({ curves }) => curves.some(({ y }) => y.some(Number.isFinite)));
}

const isBack = (id: string, pinned: ReadonlySet<string>): boolean => pinned.size > 0 && !pinned.has(id);

const validationsOf = ({ evaluations }: MetricsHistory) => evaluations.filter(({ split }) => split === "validation");
