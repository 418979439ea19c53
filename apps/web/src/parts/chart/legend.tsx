import styles from "./chart.module.css";
import { valuesAt, type LegendProps } from "./values-at.js";

/** The curves' names and values: those that are pointed at, else the last. A click hides a curve or shows it again. */
export function Legend({
  curves,
  plot,
  hover,
  xName,
  showX,
  showY,
  toggle,
}: LegendProps & { readonly toggle: (label: string) => void }) {
  const { x, valueOf } = valuesAt(plot, { curves, hover, showY });
  return (
    <div className={styles.legend}>
      {curves.map((curve) => (
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
          <span className={styles.value}>{valueOf(curve)}</span>
        </button>
      ))}
      <span className={styles.place}>{x === null ? "" : `${xName} ${showX(x)}`}</span>
    </div>
  );
}
