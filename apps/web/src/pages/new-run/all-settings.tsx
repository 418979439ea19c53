import { useId, useState } from "react";
import { Panel } from "../../parts/panel.js";
import { fields, grouped, type Field } from "./fields.js";
import { Fold } from "./fold.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { settingOf } from "./request.js";
import { SettingField } from "./setting-field.js";
import { SIMPLE } from "./training-panel.js";

/** Settings that stand in the panels above. */
const ABOVE: ReadonlySet<string> = new Set([
  ...SIMPLE,
  "corpus_path",
  "corpus_file_id",
  "document",
  "document_separator",
  "text_field",
  "model_family",
  "model_size",
  "tokenizer_id",
  "tokenizer_method",
  "vocab_size",
  "min_frequency",
]);

const rest = fields.filter(({ name }) => !ABOVE.has(name)).toSorted((a, b) => a.place - b.place);

/** Every other setting by its group, with a search. */
export function AllSettings({ form }: { readonly form: Form }) {
  const id = useId();
  const [search, setSearch] = useState("");
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rest.filter((field) => matches(field, words));
  const above = words.length === 0 ? [] : fields.filter((field) => ABOVE.has(field.name) && matches(field, words));
  return (
    <Panel
      title="All other settings"
      actions={
        <input
          type="search"
          className={styles.search}
          placeholder="Search the settings"
          aria-label="Search the settings"
          aria-controls={id}
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
      }
    >
      <div id={id} className={styles.groups}>
        {[...grouped(found)].map(([group, some]) => (
          <Group key={group} title={group} some={some} form={form} isSearched={words.length > 0} />
        ))}
        <p className={styles.help} role="status">
          {words.length > 0 && sentenceOf(found, above)}
        </p>
      </div>
    </Panel>
  );
}

const matches = ({ name, title, facts }: Field, words: readonly string[]): boolean => {
  const text = `${name} ${title} ${facts.description}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

function sentenceOf(found: readonly Field[], above: readonly Field[]): string {
  const titles = above.map(({ title }) => title).join(", ");
  if (titles !== "") return `Further up: ${titles}.`;
  return found.length === 0 ? "No setting has these words in its name or its help." : "";
}

function Group({ title, some, form, isSearched }: GroupProps) {
  const changed = some.filter(({ name, preset }) => settingOf(form.texts, name) !== preset).length;
  const isRefused = some.some(({ name }) => form.problems.has(name));
  return (
    <Fold title={title} note={changed === 0 ? "" : `${changed} changed`} isForced={isSearched || isRefused}>
      <div className={styles.fields}>
        {some.map((field) => (
          <SettingField key={field.name} field={field} form={form} />
        ))}
      </div>
    </Fold>
  );
}

interface GroupProps {
  readonly title: string;
  readonly some: readonly Field[];
  readonly form: Form;
  readonly isSearched: boolean;
}
