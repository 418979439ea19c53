import type { RunStatus } from "@trainer/platform/browser";
import { ago, figure, timeOf } from "../../parts/figures.js";
import styles from "./run-choice.module.css";

/** Chooses the run whose model is asked, the newest first. */
export function RunChoice({
  runs,
  run,
  onChange,
}: {
  readonly runs: readonly RunStatus[];
  readonly run: string;
  readonly onChange: (run: string) => void;
}) {
  const chosen = runs.find(({ run_id }) => run_id === run);
  return (
    <div className={styles.choice}>
      <label className={styles.label}>
        Model of the run
        <select className={styles.select} value={run} title={run} onChange={({ target }) => onChange(target.value)}>
          {chosen === undefined && <option value={run}>{run}</option>}
          {runs.map(({ run_id }) => (
            <option key={run_id} value={run_id}>
              {run_id}
            </option>
          ))}
        </select>
      </label>
      {chosen !== undefined && <span className={styles.about}>{aboutRun(chosen)}</span>}
    </div>
  );
}

const aboutRun = ({ model_family, model_size, training, updated_at }: RunStatus): string => {
  const model = [model_family, model_size].filter((each) => each !== null).join(" ");
  const loss = training?.best_val_loss ?? null;
  return [
    ...(model === "" ? [] : [model]),
    ...(loss === null ? [] : [`validation loss ${figure(loss)}`]),
    `finished ${ago(timeOf(updated_at))}`,
  ].join(" · ");
};
