import { useId } from "react";
import field from "../../parts/option-field.module.css";

/** Chooses a tokenizer by its id; "" is none. */
export function TokenizerSelect({
  label,
  ids,
  chosen,
  choose,
}: {
  readonly label: string;
  readonly ids: readonly string[];
  readonly chosen: string;
  readonly choose: (id: string) => void;
}) {
  const id = useId();
  return (
    <div className={field.field}>
      <label className={field.label} htmlFor={id}>
        {label}
      </label>
      <select id={id} className={field.input} value={chosen} onChange={(event) => choose(event.target.value)}>
        {ids.map((each) => (
          <option key={each} value={each}>
            {each === "" ? "None" : each}
          </option>
        ))}
      </select>
    </div>
  );
}
