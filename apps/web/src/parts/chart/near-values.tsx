import styles from "./chart.module.css";
import { curvesNamed, valuesAt, type LegendProps } from "./values-at.js";

/** The values of some of many curves: of those that are pointed at in a chart of the group, else of the first. */
export function NearValues({
  curves,
  near,
  plot,
  hover,
  xName,
  showX,
  showY,
}: LegendProps & { readonly near: readonly string[] }) {
  const { x, valueOf } = valuesAt(plot, { curves, hover, showY });
  const some = curvesNamed(curves, x === null ? [] : near);
  return (
    <div className={styles.near}>
      <ul>
        {some.map((curve) => (
          <li key={curve.label}>
            <span
              className={styles.stroke}
              style={{ background: `var(${curve.color})` }}
              data-faint={curve.look === "faint"}
            />
            <span className={styles.name} title={curve.label}>
              <bdi>{curve.label}</bdi>
            </span>
            <span className={styles.value}>{valueOf(curve)}</span>
          </li>
        ))}
      </ul>
      <span className={styles.place} title="Those nearest to the pointer, pinned ones first">
        {x === null ? `${some.length} of ${curves.length}` : `${xName} ${showX(x)}`}
      </span>
    </div>
  );
}
