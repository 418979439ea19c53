import styles from "./runs.module.css";

const WIDTH = 64;
const HEIGHT = 22;
const MARGIN = 2;

/** A curve without axes, as long as there are at least two points. */
export function Sparkline({ values }: { readonly values: readonly number[] }) {
  const points = sparklinePoints(values);
  if (points === "") return null;
  return (
    <svg
      className={styles.sparkline}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      <polyline points={points} />
    </svg>
  );
}

/** The points of a curve over the whole area, the least value at the bottom; "" for less than two. */
export function sparklinePoints(values: readonly number[]): string {
  if (values.length < 2) return "";
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  const x = (i: number) => MARGIN + (i / (values.length - 1)) * (WIDTH - 2 * MARGIN);
  const y = (value: number) => MARGIN + (span === 0 ? 0.5 : 1 - (value - least) / span) * (HEIGHT - 2 * MARGIN);
  return values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
}
