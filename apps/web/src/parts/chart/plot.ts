import uPlot from "uplot";
import type { Curve, Span } from "./curves.js";
import { drawLevels, drawMarks, type Level, type Mark } from "./marks.js";
import type { Palette } from "./palette.js";
import { panned } from "./zoom.js";

/** What a plot draws, and what it tells; read anew at each drawing, so that a change needs no new plot. */
export interface PlotState {
  readonly curves: readonly Curve[];
  readonly palette: Palette;
  readonly marks: readonly Mark[];
  readonly levels: readonly Level[];
  readonly zoom: Span | null;
  /** All that can be shown. */
  readonly whole: Span | null;
  readonly showX: (x: number) => string;
  readonly showY: (y: number) => string;
  readonly onZoom: (zoom: Span | null) => void;
  /** The nearest point of each curve; null where the pointer is elsewhere. */
  readonly onHover: (idxs: readonly (number | null)[] | undefined) => void;
}

export interface PlotShape {
  readonly width: number;
  readonly height: number;
  readonly isLog: boolean;
  /** Values are bytes: round ones are powers of two. */
  readonly isBinary: boolean;
  /** Charts of one group share the place of the pointer. */
  readonly group: string;
}

const LINE = 1.5;
const DOT = 6;
/** Distance in CSS pixels from which a point counts as pointed at. */
const NEAR = 40;
const FONT = "12px system-ui, sans-serif";

/** A plot that is drawn by the state of now. */
export function newPlot(into: HTMLElement, data: uPlot.AlignedData, shape: PlotShape, now: () => PlotState): uPlot {
  const axis = (side: "x" | "y"): uPlot.Axis => ({
    scale: side,
    font: FONT,
    stroke: () => now().palette.of("--text-2"),
    grid: { stroke: () => now().palette.of("--line"), width: 1 },
    ticks: { show: false },
    values: (_, splits: readonly (number | null)[]) => {
      const show = side === "x" ? now().showX : now().showY;
      return splits.map((each) => (each === null ? "" : withoutZeros(show(each))));
    },
    ...(side === "x" ? { space: 64, size: 28 } : { size: 62, ...(shape.isBinary ? { incrs: POWERS_OF_TWO } : {}) }),
  });
  return new uPlot(
    {
      width: shape.width,
      height: shape.height,
      legend: { show: false },
      padding: [14, 26, 0, 0],
      scales: {
        x: { time: false, range: (_, min, max) => rangeOfX(now().zoom ?? now().whole, min, max) },
        y: { distr: shape.isLog ? 3 : 1, range: (_, min, max) => rangeOfY(shape.isLog, now().levels, min, max) },
      },
      axes: [axis("x"), axis("y")],
      series: [{}, ...now().curves.map((curve) => seriesOf(curve, now))],
      cursor: cursorOf(shape.group, now),
      hooks: {
        draw: [(u) => drawLevels(u, now().levels, now().palette), (u) => drawMarks(u, now().marks, now().palette)],
        setSelect: [(u) => select(u, now)],
        setLegend: [(u) => now().onHover(u.cursor.idxs)],
      },
    },
    data,
    into,
  );
}

function seriesOf({ label, look, color: variable, isHidden }: Curve, now: () => PlotState): uPlot.Series {
  const color = () => now().palette.of(variable);
  const dots = { size: DOT, width: 1, stroke: color, fill: color };
  const shared = { label, stroke: color, width: look === "thin" ? 1 : LINE, show: isHidden !== true };
  if (look === "points") return { ...shared, paths: () => null, points: { ...dots, show: true } };
  if (look === "faint") return { ...shared, width: 1, alpha: 0.35, points: { show: false } };
  return { ...shared, points: { ...dots, size: 4, space: 24 } };
}

const cursorOf = (group: string, now: () => PlotState): uPlot.Cursor => ({
  y: false,
  points: { size: DOT + 2 },
  drag: { x: true, y: false, setScale: false, dist: 4 },
  hover: { prox: NEAR, skip: [null, undefined] },
  sync: {
    key: group,
    scales: ["x", null],
    setSeries: false,
    filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
  },
  bind: {
    mousedown: (u, _, handler) => (event) => {
      if (event.button !== 0) return null;
      return event.shiftKey ? pan(u, event, now) : handler(event);
    },
    dblclick: () => () => {
      now().onZoom(null);
      return null;
    },
  },
});

/** What was dragged over becomes all that is shown. */
function select(u: uPlot, now: () => PlotState): void {
  const { left, width } = u.select;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  now().onZoom({ from: u.posToVal(left, "x"), to: u.posToVal(left + width, "x") });
}

/** Moves what is shown with the pointer, until the button is let go. */
function pan(u: uPlot, { clientX }: MouseEvent, now: () => PlotState): null {
  const { zoom } = now();
  const move = (event: MouseEvent) => {
    const { whole, onZoom } = now();
    onZoom(panned(zoom, (clientX - event.clientX) / u.over.clientWidth, whole));
  };
  const stop = () => document.removeEventListener("mousemove", move);
  document.addEventListener("mousemove", move);
  document.addEventListener("mouseup", stop, { once: true });
  return null;
}

const EMPTY: uPlot.Range.MinMax = [0, 1];

function rangeOfX(shown: Span | null, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (shown !== null && shown.from < shown.to) return [shown.from, shown.to];
  return min === null ? EMPTY : [min, max];
}

/** A value as it stands at an axis: 4.5, not 4.5000. */
const withoutZeros = (text: string): string => text.replace(/(\.\d*?)0+(?!\d)/, "$1").replace(/\.(?!\d)/, "");

const POWERS_OF_TWO = Array.from({ length: 50 }, (_, power) => 2 ** power);

function rangeOfY(
  isLog: boolean,
  levels: readonly Level[],
  min: number | null,
  max: number | null,
): uPlot.Range.MinMax {
  if (min === null || max === null) return isLog ? [0.1, 1] : EMPTY;
  // A level that is far from the curve would press it flat.
  const near = levels.map(({ y }) => y).filter((y) => y > min / 2 && y < max * 2);
  const [low, high] = [Math.min(min, ...near), Math.max(max, ...near)];
  return isLog ? uPlot.rangeLog(low, high, 10, false) : uPlot.rangeNum(low, high, 0.1, true);
}
