import { useId, useMemo, useState, type KeyboardEvent } from "react";
import "uplot/dist/uPlot.min.css";
import styles from "./chart.module.css";
import { extentOf, summaryOf, type Curve, type Span } from "./curves.js";
import { DownloadMenu } from "./download-menu.js";
import { Legend } from "./legend.js";
import type { Level, Mark } from "./marks.js";
import { NearValues } from "./near-values.js";
import { usePlot } from "./use-plot.js";
import { nearestTo } from "./values-at.js";
import { zoomKey } from "./zoom.js";

export interface ChartProps {
  readonly title: string;
  /** Changed curves are drawn when the list is another object. */
  readonly curves: readonly Curve[];
  /** The name of what the x axis counts. */
  readonly xName: string;
  readonly showX: (x: number) => string;
  readonly showY: (y: number) => string;
  readonly isLog?: boolean;
  /** Values are bytes. */
  readonly isBinary?: boolean;
  /** All that can be shown of the x axis, where other charts of the page show more than this one has. */
  readonly extent?: Span | undefined;
  readonly marks?: readonly Mark[];
  readonly levels?: readonly Level[];
  /** Charts of one group share the place of the pointer. */
  readonly group: string;
  /** What is shown of the x axis; null: all. */
  readonly zoom: Span | null;
  readonly onZoom: (zoom: Span | null) => void;
  readonly height?: number;
  /** False where one legend stands for all charts of a page: this one has the values of some curves. */
  readonly hasLegend?: boolean;
  /** The curves whose values those are, by their labels, while a chart of the group is pointed at. */
  readonly near?: readonly string[];
  /** Is told the curves nearest to the pointer. */
  readonly onNear?: (labels: readonly string[]) => void;
}

const NO_MARKS: readonly Mark[] = [];
const NO_LEVELS: readonly Level[] = [];
const NONE: readonly string[] = [];

/**
 * Curves over one x axis. Dragging zooms in, dragging with Shift moves, a double click shows all again; so do the keys +,
 * −, the arrows and Home.
 */
export function Chart({
  title,
  curves: given,
  xName,
  showX,
  showY,
  isLog = false,
  isBinary = false,
  extent,
  marks = NO_MARKS,
  levels = NO_LEVELS,
  group,
  zoom,
  onZoom,
  height = 230,
  hasLegend = true,
  near = NONE,
  onNear,
}: ChartProps) {
  const id = useId();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const curves = useMemo(
    () => given.map((curve) => (hidden.has(curve.label) ? { ...curve, isHidden: true } : curve)),
    [given, hidden],
  );
  const whole = useMemo(() => extent ?? extentOf(curves), [extent, curves]);
  const summary = useMemo(() => summaryOf(curves, xName, { x: showX, y: showY }), [curves, xName, showX, showY]);
  const { into, plot, hover } = usePlot({
    curves,
    marks,
    levels,
    isLog,
    isBinary,
    zoom,
    whole,
    group,
    height,
    showX,
    showY,
    onZoom,
  });

  const press = (event: KeyboardEvent) => {
    if (whole === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = zoomKey(event.key, zoom, whole);
    if (next === undefined) return;
    event.preventDefault();
    onZoom(next);
  };
  const toggle = (label: string) =>
    setHidden(
      (before) => new Set(before.has(label) ? [...before].filter((each) => each !== label) : [...before, label]),
    );

  return (
    <figure className={styles.chart} aria-labelledby={id}>
      <figcaption className={styles.head}>
        <h2 id={id}>{title}</h2>
        <DownloadMenu {...{ title, xName, curves, marks, levels, isLog, plot, showX, showY }} />
      </figcaption>
      {hasLegend ? (
        <Legend {...{ curves, plot, hover, xName, showX, showY, toggle }} />
      ) : (
        <NearValues {...{ curves, near, plot, hover, xName, showX, showY }} />
      )}
      <div
        ref={into}
        className={styles.plot}
        style={{ height }}
        role="img"
        tabIndex={0}
        aria-label={`${title}. ${summary}`}
        onKeyDown={press}
        onMouseMove={onNear && (() => onNear(nearestTo(plot.current, curves)))}
      />
    </figure>
  );
}
