import { Panel } from "../../parts/panel.js";
import { ChoiceCards } from "./choice-cards.js";
import { fieldsNamed } from "./fields.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { presetNamed, presets } from "./presets.js";
import { SettingField } from "./setting-field.js";

export const SIMPLE = ["num_epochs", "max_steps", "batch_size", "max_seq_len", "learning_rate", "sample_every"];

/** How long and in what steps: a preset, and the settings that are changed most. */
export function TrainingPanel({ form }: { readonly form: Form }) {
  const { draft, change } = form;
  return (
    <Panel title="Training">
      <ChoiceCards
        name="preset"
        title="Preset"
        cards={presets.map(({ name, title }) => ({ value: name, title, choose: () => change({ preset: name }) }))}
        value={presetNamed(draft.preset).name}
      />
      <p className={styles.help}>{presetNamed(draft.preset).help}</p>
      <div className={styles.fields}>
        {fieldsNamed(SIMPLE).map((field) => (
          <SettingField key={field.name} field={field} form={form} />
        ))}
      </div>
    </Panel>
  );
}
