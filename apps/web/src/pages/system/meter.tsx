import styles from "./meter.module.css";

/** How much of something is taken, as a bar with its words above it. */
export function Meter({
  label,
  taken,
  of,
  words,
}: {
  readonly label: string;
  readonly taken: number;
  readonly of: number;
  /** What the bar shows, in figures. */
  readonly words: string;
}) {
  const share = of <= 0 ? 0 : Math.min(1, Math.max(0, taken / of));
  const percent = Math.round(share * 100);
  return (
    <div className={styles.meter}>
      <span className={styles.words}>{words}</span>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={words}
        className={styles.bar}
        data-full={share > 0.9 ? "" : undefined}
      >
        <div className={styles.taken} style={{ width: `${percent}%` }} />
      </div>
    </div>
  );
}
