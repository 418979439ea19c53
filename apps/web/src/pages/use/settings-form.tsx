import { useId, useState, type ReactNode } from "react";
import { OptionField } from "../../parts/option-field.js";
import type { Setting, Values } from "./settings.js";
import styles from "./settings.module.css";

/** Settings: the first few at once, then what can be done with them, and the others folded. */
export function SettingsForm({
  settings,
  first,
  values,
  refusals,
  onChange,
  children,
}: {
  readonly settings: readonly Setting[];
  /** Names of those that are not folded. */
  readonly first: readonly string[];
  readonly values: Values;
  readonly refusals: Readonly<Record<string, string>>;
  readonly onChange: (values: Values) => void;
  readonly children: ReactNode;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const field = (setting: Setting) => (
    <SettingField
      key={setting.name}
      setting={setting}
      value={values[setting.name] ?? ""}
      refusal={refusals[setting.name]}
      onChange={(value) => onChange({ ...values, [setting.name]: value })}
    />
  );
  const isFirst = ({ name }: Setting) => first.includes(name);
  const folded = settings.filter((each) => !isFirst(each));
  const changed = folded.filter(({ name }) => (values[name] ?? "") !== "").length;
  const isRefused = folded.some(({ name }) => refusals[name] !== undefined);
  if (isRefused && !isOpen) setIsOpen(true); // what is refused must be seen
  return (
    <>
      <div className={styles.fields}>{settings.filter(isFirst).map(field)}</div>
      {children}
      <details className={styles.more} open={isOpen} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
        <summary>More settings{changed > 0 && ` (${changed} changed)`}</summary>
        <div className={styles.fields}>{folded.map(field)}</div>
      </details>
    </>
  );
}

const YES_NO = [
  { value: "true", title: "Yes" },
  { value: "false", title: "No" },
];

function SettingField({
  setting: { name, title, facts },
  ...field
}: {
  readonly setting: Setting;
  readonly value: string;
  readonly refusal: string | undefined;
  readonly onChange: (value: string) => void;
}) {
  if (facts.kind === "list") return <ListField title={title} description={facts.description} {...field} />;
  if (facts.kind !== "boolean") return <OptionField name={name} title={title} facts={facts} {...field} />;
  const worded = { ...facts, default: String(facts.default) };
  return <OptionField name={name} title={title} facts={worded} choices={YES_NO} {...field} />;
}

function ListField({
  title,
  description,
  value,
  refusal,
  onChange,
}: {
  readonly title: string;
  readonly description: string;
  readonly value: string;
  readonly refusal: string | undefined;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className={styles.list}>
      <label htmlFor={id}>{title}</label>
      <textarea
        id={id}
        className={styles.input}
        rows={2}
        value={value}
        dir="auto"
        spellCheck={false}
        aria-invalid={refusal !== undefined}
        aria-describedby={`${id}-help`}
        onChange={({ target }) => onChange(target.value)}
      />
      <p id={`${id}-help`} className={styles.help}>
        {description}; one text a line, with <code>\n</code> for a line end
        {refusal !== undefined && <span className={styles.refusal}> {refusal}</span>}
      </p>
    </div>
  );
}
