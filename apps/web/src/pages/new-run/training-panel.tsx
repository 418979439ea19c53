import { Panel } from "../../parts/panel.js";
import { ChoiceCards } from "./choice-cards.js";
import { trainsOn } from "./draft.js";
import { fieldsNamed } from "./fields.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { PlanRow } from "./plan-row.js";
import { presetNamed, presets } from "./presets.js";
import { isGiven } from "./request.js";
import { SettingField } from "./setting-field.js";

export const SIMPLE = ["num_epochs", "max_steps", "batch_size", "max_seq_len", "learning_rate", "sample_every"];

/** How long and in what steps: a preset, and the settings that are changed most. */
export function TrainingPanel({ form }: { readonly form: Form }) {
  const { draft, texts } = form;
  const ofWeights = isGiven(texts, "pretrained_run_id") ? ["max_seq_len"] : [];
  return (
    <Panel title="Training">
      {trainsOn(draft) ? (
        <p className={styles.help}>The settings are those of that run. Choose how long this one is to train.</p>
      ) : (
        <>
          <Presets form={form} />
          {!isGiven(texts, "pretrained_run_id") && <PlanRow form={form} />}
        </>
      )}
      <div className={styles.fields}>
        {fieldsNamed(SIMPLE.filter((name) => !ofWeights.includes(name))).map((field) => (
          <SettingField key={field.name} field={field} form={form} />
        ))}
      </div>
    </Panel>
  );
}

const Presets = ({ form: { draft, change } }: { readonly form: Form }) => (
  <>
    <ChoiceCards
      name="preset"
      title="Preset"
      cards={presets.map(({ name, title }) => ({
        value: name,
        title,
        choose: () => change({ preset: name, plan: null }),
      }))}
      value={draft.plan === null ? presetNamed(draft.preset).name : ""}
    />
    <p className={styles.help}>{draft.plan?.outlook ?? presetNamed(draft.preset).help}</p>
  </>
);
