import { useQuery } from "@tanstack/react-query";
import { corporaQuery } from "../../api/corpora.js";
import { bytes } from "../../parts/figures.js";
import { OptionField } from "../../parts/option-field.js";
import { Panel } from "../../parts/panel.js";
import { sentence } from "../../parts/words.js";
import { CorpusDrop } from "./corpus-drop.js";
import { CorpusReport } from "./corpus-report.js";
import { fieldsNamed } from "./fields.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { settingOf } from "./request.js";
import { SettingField } from "./setting-field.js";

/** The text that is trained on, what is in it, and how documents are cut out of it. */
export function CorpusPanel({ form }: { readonly form: Form }) {
  const { data } = useQuery(corporaQuery);
  const choose = (name: string, size: number | undefined) => {
    form.set({ corpus_path: name, corpus_file_id: "" });
    form.change({ bytes: size ?? null });
  };
  const chosen = data?.corpora.find(({ name }) => name === settingOf(form.texts, "corpus_path"));
  return (
    <Panel title="Text">
      <CorpusDrop done={choose} />
      <CorpusChoice form={form} choose={choose} />
      <div className={styles.fields}>
        {fieldsNamed(["document", "document_separator", "text_field"]).map((field) => (
          <SettingField key={field.name} field={field} form={form} />
        ))}
      </div>
      {chosen !== undefined && (
        <CorpusReport
          key={`${chosen.name} ${chosen.modified_at}`}
          name={chosen.name}
          reading={{
            document: settingOf(form.texts, "document"),
            document_separator: settingOf(form.texts, "document_separator"),
            text_field: settingOf(form.texts, "text_field"),
          }}
        />
      )}
    </Panel>
  );
}

interface CorpusChoiceProps {
  readonly form: Form;
  readonly choose: (name: string, size: number | undefined) => void;
}

/** One of the service's texts. By its path where they are not known; by its id where it is of the file service. */
function CorpusChoice({ form, choose }: CorpusChoiceProps) {
  const { data } = useQuery(corporaQuery);
  const [fileId, path] = [settingOf(form.texts, "corpus_file_id"), form.texts["corpus_path"] ?? ""];
  const problem = form.problems.get("corpus_path");
  const names =
    data?.corpora.map(({ name, bytes: size }) => ({ value: name, title: `${name} (${bytes(size)})` })) ?? [];
  const own = path === "" || names.some(({ value }) => value === path) ? [] : [{ value: path, title: path }];
  const choices = [...names, ...own];
  return fieldsNamed([fileId === "" ? "corpus_path" : "corpus_file_id"]).map(({ name, title, facts }) => (
    <OptionField
      key={name}
      name={name}
      title={title}
      facts={{ ...facts, default: "" }}
      choices={data === undefined || fileId !== "" ? [] : [{ value: "", title: titleOfNone(names.length) }, ...choices]}
      value={fileId === "" ? path : fileId}
      onChange={(text) => {
        if (fileId !== "") form.set({ corpus_file_id: text });
        else choose(text, data?.corpora.find((each) => each.name === text)?.bytes);
      }}
      refusal={problem === undefined ? undefined : sentence(problem)}
    />
  ));
}

const titleOfNone = (there: number): string =>
  there === 0 ? "The service has no text yet" : `Choose one of ${there} that the service has`;
