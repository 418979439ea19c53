import { useId, type ReactNode } from "react";
import styles from "./curves-view.module.css";
import { axes, SMOOTH, type ChangeView, type CurvesView } from "./view.js";

const axisTitles = { step: "Steps", tokens: "Tokens", epoch: "Epochs", hours: "Hours" } as const;

/** Chooses how curves are shown. */
export function Controls({
  view,
  change,
  children,
}: {
  readonly view: CurvesView;
  readonly change: ChangeView;
  readonly children: ReactNode;
}) {
  const id = useId();
  const { x = "step", log = false, smooth = SMOOTH } = view;
  return (
    <div className={styles.controls}>
      <label>
        Over{" "}
        <select
          className={styles.select}
          value={x}
          onChange={({ target }) =>
            change({ x: axes.find((each) => each === target.value), from: undefined, to: undefined })
          }
        >
          {axes.map((each) => (
            <option key={each} value={each}>
              {axisTitles[each]}
            </option>
          ))}
        </select>
      </label>
      <label className={styles.check}>
        <input type="checkbox" checked={log} onChange={({ target }) => change({ log: target.checked || undefined })} />
        Logarithmic
      </label>
      <label className={styles.slider} htmlFor={id}>
        Smoothing
        <input
          id={id}
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={smooth}
          onChange={({ target }) => change({ smooth: target.valueAsNumber })}
        />
        <output htmlFor={id}>{smooth.toFixed(2)}</output>
      </label>
      {children}
    </div>
  );
}
