import type { OptionFacts } from "@trainer/options";
import { useId } from "react";
import { Marked } from "./marked.js";
import styles from "./option-field.module.css";

export interface Choice {
  readonly value: string;
  readonly title: string;
}

export interface OptionFieldProps {
  /** By which a form finds it. */
  readonly name: string;
  readonly title: string;
  readonly facts: OptionFacts;
  /** In place of those in the facts. */
  readonly choices?: readonly Choice[] | undefined;
  /** What stands where none is chosen and there is no default. */
  readonly none?: string | undefined;
  /** Empty: the default. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** The option without which it has no effect, where that is not chosen: it can be cleared alone. */
  readonly onlyWith?: string | undefined;
  /** What is wrong with the value. */
  readonly refusal?: string | undefined;
}

/** An option of a request: chosen where it has names, else written; with its help, its default and what is wrong. */
export function OptionField({
  name,
  title,
  facts,
  choices,
  none = "As suits",
  value,
  onlyWith,
  onChange,
  refusal,
}: OptionFieldProps) {
  const id = useId();
  const common = {
    id,
    name,
    className: styles.input,
    value,
    disabled: onlyWith !== undefined && value === "",
    "aria-invalid": refusal !== undefined,
    "aria-describedby": `${id}-help ${id}-refusal`,
  };
  const listed = choices ?? facts.choices.map((name) => ({ value: name, title: name }));
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {title}
      </label>
      {listed.length > 0 ? (
        <select {...common} onChange={({ target }) => onChange(target.value)}>
          <option value="">{listed.find((each) => each.value === facts.default)?.title ?? none}</option>
          {listed
            .filter((each) => each.value !== facts.default)
            .map((each) => (
              <option key={each.value} value={each.value}>
                {each.title}
              </option>
            ))}
        </select>
      ) : (
        <input
          {...common}
          inputMode={facts.kind === "integer" ? "numeric" : facts.kind === "number" ? "decimal" : undefined}
          placeholder={placeholderOf(facts)}
          autoComplete="off"
          spellCheck={false}
          dir="auto"
          onChange={({ target }) => onChange(target.value)}
        />
      )}
      <p id={`${id}-help`} className={styles.help}>
        <Marked text={facts.description} />
        {onlyWith !== undefined && ` Only with “${onlyWith}”.`}
      </p>
      <p id={`${id}-refusal`} className={styles.refusal} hidden={refusal === undefined}>
        {refusal}
      </p>
    </div>
  );
}

const placeholderOf = ({ default: preset }: OptionFacts): string | undefined =>
  typeof preset === "number" || typeof preset === "string" ? String(preset) : undefined;
