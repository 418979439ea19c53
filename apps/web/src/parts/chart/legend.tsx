import type { RefObject } from "react";
import type uPlot from "uplot";
import { UNKNOWN } from "../figures.js";
import styles from "./chart.module.css";
import type { Curve } from "./curves.js";
import type { Hover } from "./use-plot.js";

/** The curves' names and values: those that are pointed at, else the last. A click hides a curve or shows it again. */
export function Legend({
  curves,
  plot,
  hover,
  xName,
  showX,
  showY,
  toggle,
}: {
  readonly curves: readonly Curve[];
  readonly plot: RefObject<uPlot | null>;
  readonly hover: Hover;
  readonly xName: string;
  readonly showX: (x: number) => string;
  readonly showY: (y: number) => string;
  readonly toggle: (label: string) => void;
}) {
  const isHovered = hover?.slice(1).some((idx) => idx !== null) === true;
  const valueAt = (column: number, idx: number | null | undefined) => {
    const value = typeof idx === "number" ? plot.current?.data[column]?.[idx] : undefined;
    return typeof value === "number" ? value : null;
  };
  const shown = (curve: Curve, i: number): string => {
    const value = isHovered ? valueAt(i + 1, hover?.[i + 1]) : curve.y.findLast(Number.isFinite);
    return value === null || value === undefined ? UNKNOWN : showY(value);
  };
  const x = isHovered ? valueAt(0, hover?.[0]) : null;
  return (
    <div className={styles.legend}>
      {curves.map((curve, i) => (
        <button
          key={curve.label}
          type="button"
          className={styles.entry}
          aria-pressed={curve.isHidden !== true}
          title={curve.isHidden === true ? `Show ${curve.label}` : `Hide ${curve.label}`}
          onClick={() => toggle(curve.label)}
        >
          <span
            className={curve.look === "points" ? styles.dot : styles.stroke}
            style={{ background: `var(${curve.color})` }}
            data-faint={curve.look === "faint"}
          />
          <span className={styles.name}>{curve.label}</span>
          <span className={styles.value}>{shown(curve, i)}</span>
        </button>
      ))}
      <span className={styles.place}>{x === null ? "" : `${xName} ${showX(x)}`}</span>
    </div>
  );
}
