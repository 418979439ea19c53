import type { MetricsHistory, StepMetrics } from "@trainer/platform/browser";
import type { StepRange } from "../../../api/run.js";
import type { Span } from "../../../parts/chart/curves.js";
import type { Places } from "../../../parts/curves-view/axis.js";

/** The steps of what is zoomed to; null where all that were logged are drawn already. */
export function rangeOf(
  zoom: Span | null,
  places: Places,
  { steps, total_steps_logged: total }: MetricsHistory,
): StepRange | null {
  if (zoom === null || total <= steps.length) return null;
  return {
    from: Math.max(0, Math.floor(places.stepAt(zoom.from))),
    to: Math.max(0, Math.ceil(places.stepAt(zoom.to))),
  };
}

/** Steps of the whole run, with those of a range in the place of theirs. */
export function withRange(all: readonly StepMetrics[], range: readonly StepMetrics[]): readonly StepMetrics[] {
  const [first, last] = [range[0], range.at(-1)];
  if (first === undefined || last === undefined) return all;
  return [...all.filter(({ step }) => step < first.step), ...range, ...all.filter(({ step }) => step > last.step)];
}
