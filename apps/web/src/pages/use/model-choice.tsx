import type { ExportedModel, RunStatus } from "@trainer/platform/browser";
import { ago, bytes, figure, timeOf } from "../../parts/figures.js";
import styles from "./model-choice.module.css";

/** Chooses the model that is asked: that of a run, the newest first, or an exported one. */
export function ModelChoice({
  runs,
  models,
  model,
  onChange,
}: {
  readonly runs: readonly RunStatus[];
  readonly models: readonly ExportedModel[];
  /** Id of the chosen one. */
  readonly model: string;
  readonly onChange: (model: string) => void;
}) {
  const run = runs.find(({ run_id }) => run_id === model);
  const exported = models.find(({ model_id }) => model_id === model);
  const about = run !== undefined ? aboutRun(run) : exported !== undefined ? aboutExported(exported) : null;
  return (
    <div className={styles.choice}>
      <label className={styles.label}>
        Model
        <select className={styles.select} value={model} title={model} onChange={({ target }) => onChange(target.value)}>
          {about === null && <option value={model}>{model}</option>}
          {runs.length > 0 && (
            <optgroup label="Finished runs">
              {runs.map(({ run_id }) => (
                <option key={run_id} value={run_id}>
                  {run_id}
                </option>
              ))}
            </optgroup>
          )}
          {models.length > 0 && (
            <optgroup label="Exported models">
              {models.map(({ model_id, name }) => (
                <option key={model_id} value={model_id}>
                  {name}
                </option>
              ))}
            </optgroup>
          )}
        </select>
      </label>
      {about !== null && <span className={styles.about}>{about}</span>}
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

const aboutExported = ({ model_type, bytes: size, modified }: ExportedModel): string =>
  [...(model_type === null ? [] : [model_type]), bytes(size), `written ${ago(timeOf(modified))}`].join(" · ");
