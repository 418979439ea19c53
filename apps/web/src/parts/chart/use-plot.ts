import { useCallback, useEffect, useInsertionEffect, useRef, useState, type RefCallback, type RefObject } from "react";
import type uPlot from "uplot";
import { aligned, type Curve, type Span } from "./curves.js";
import { inOwnFrame } from "./frames.js";
import type { Level, Mark } from "./marks.js";
import { Palette, useThemeChanges } from "./palette.js";
import { newPlot, type PlotState } from "./plot.js";
import { WhenSeen } from "./when-seen.js";

export interface PlotProps {
  readonly curves: readonly Curve[];
  readonly marks: readonly Mark[];
  readonly levels: readonly Level[];
  readonly isLog: boolean;
  readonly isBinary: boolean;
  readonly zoom: Span | null;
  readonly whole: Span | null;
  readonly group: string;
  readonly height: number;
  readonly showX: (x: number) => string;
  readonly showY: (y: number) => string;
  readonly onZoom: (zoom: Span | null) => void;
}

/** Of each curve behind the x axis, the index of the point that is pointed at; null for one without any there. */
export type Hover = readonly (number | null)[] | undefined;

export interface Plot {
  /** For the element that the plot is drawn into. */
  readonly into: RefCallback<HTMLDivElement>;
  readonly plot: RefObject<uPlot | null>;
  readonly hover: Hover;
}

/**
 * Draws a plot into an element, and draws it anew when what it shows, the theme or the element's width changes; new points
 * are drawn only while it is seen, for a live run brings them many times a second.
 */
export function usePlot(props: PlotProps): Plot {
  const { curves, isLog, isBinary, whole, group, height, zoom, marks, levels } = props;
  const plot = useRef<uPlot>(null);
  const seen = useRef<WhenSeen>(null);
  const [palette] = useState(() => new Palette());
  const [hover, setHover] = useState<Hover>();
  const changes = useThemeChanges();
  const onHover = (idxs: Hover) => setHover((before) => (isSame(before, idxs) ? before : idxs?.slice()));
  const state = useRef<PlotState>({ ...props, palette, onHover });
  // Before the element is there: the plot draws what is shown now.
  useInsertionEffect(() => {
    state.current = { ...props, palette, onHover };
  });

  // Whatever else changes is drawn by the plot that is there.
  const shape = JSON.stringify([
    curves.map(({ label, look, color }) => [label, look, color]),
    isLog,
    isBinary,
    group,
    height,
  ]);
  const into = useCallback(
    (element: HTMLDivElement) => {
      const width = () => Math.max(element.clientWidth, 100);
      const data = aligned(state.current.curves, isLog);
      const drawn = newPlot(element, data, { width: width(), height, isLog, isBinary, group }, () => state.current);
      plot.current = drawn;
      seen.current = new WhenSeen(element);
      const observer = new ResizeObserver(() => {
        if (drawn.width !== width()) drawn.setSize({ width: width(), height });
      });
      observer.observe(element);
      return () => {
        observer.disconnect();
        seen.current?.disconnect();
        plot.current = null;
        drawn.destroy();
      };
    },
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [shape],
  );

  useEffect(() => {
    curves.forEach(({ isHidden }, i) => {
      const show = isHidden !== true;
      if (plot.current?.series[i + 1]?.show !== show) plot.current?.setSeries(i + 1, { show });
    });
    seen.current?.draw(() => inOwnFrame(plot, () => plot.current?.setData(aligned(curves, isLog))));
  }, [curves, isLog, shape, zoom, whole, marks, levels]);

  useEffect(() => {
    palette.clear();
    plot.current?.redraw(false);
  }, [changes, palette]);

  return { into, plot, hover };
}

const isSame = (a: Hover, b: Hover): boolean =>
  a?.length === b?.length && a?.every((each, i) => each === b?.[i]) === true;
