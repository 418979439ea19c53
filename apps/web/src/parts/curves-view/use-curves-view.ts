import { useCallback, useDeferredValue, useMemo } from "react";
import type { Span } from "../chart/curves.js";
import { SMOOTH, type ChangeView, type CurvesView } from "./view.js";

/** A view of curves for those that draw them: what is smoothed waits for a slider that moves. */
export function useCurvesView(
  { x: axis = "step", log: isLog = false, smooth = SMOOTH, from, to }: CurvesView,
  change: ChangeView,
) {
  const zoom = useMemo(() => (from === undefined || to === undefined || from >= to ? null : { from, to }), [from, to]);
  const onZoom = useCallback((span: Span | null) => change({ from: span?.from, to: span?.to }), [change]);
  return { axis, isLog, smooth: useDeferredValue(smooth), zoom, onZoom };
}
