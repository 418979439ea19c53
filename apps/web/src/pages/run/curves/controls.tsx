import { useNavigate } from "@tanstack/react-router";
import { useCallback, useId, type ReactNode } from "react";
import { axes, type RunSearch } from "../search.js";
import styles from "./curves.module.css";

/** How smooth the curves are at first. */
export const SMOOTH = 0.6;
const axisTitles = { step: "Steps", tokens: "Tokens", epoch: "Epochs", hours: "Hours" } as const;

type Change = (change: Partial<RunSearch>) => void;

/** Changes the view in the address, without a step back in the browser for each. */
export function useChange(): Change {
  const navigate = useNavigate({ from: "/runs/$runId" });
  return useCallback(
    (change) => {
      navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }).catch(
        reportError,
      );
    },
    [navigate],
  );
}

/** What of the curves is shown, and how. */
export function Controls({
  search,
  change,
  children,
}: {
  readonly search: RunSearch;
  readonly change: Change;
  readonly children: ReactNode;
}) {
  const id = useId();
  const { x = "step", log = false, smooth = SMOOTH } = search;
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
