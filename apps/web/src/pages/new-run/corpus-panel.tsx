import { OptionField } from "../../parts/option-field.js";
import { Panel } from "../../parts/panel.js";
import { fieldsNamed } from "./fields.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { sentence } from "./request.js";
import { SettingField } from "./setting-field.js";

/** The text that is trained on, and how documents are cut out of it. */
export function CorpusPanel({ form }: { readonly form: Form }) {
  return (
    <Panel title="Text">
      <CorpusPath form={form} />
      <div className={styles.fields}>
        {fieldsNamed(["document", "document_separator"]).map((field) => (
          <SettingField key={field.name} field={field} form={form} />
        ))}
      </div>
    </Panel>
  );
}

function CorpusPath({ form }: { readonly form: Form }) {
  const fileId = form.texts["corpus_file_id"] ?? "";
  const problem = form.problems.get("corpus_path");
  return fieldsNamed([fileId === "" ? "corpus_path" : "corpus_file_id"]).map(({ name, title, facts }) => (
    <OptionField
      key={name}
      name={name}
      title={title}
      facts={facts}
      value={form.texts[name] ?? ""}
      onChange={(text) => form.set({ [name]: text })}
      refusal={problem === undefined ? undefined : sentence(problem)}
    />
  ));
}
