import { useId } from "react";
import styles from "./use.module.css";

/** A text that a model is asked about, and why it cannot be. */
export function TextField({
  label,
  rows,
  placeholder,
  value,
  refusal,
  onChange,
  onSend,
}: {
  readonly label: string;
  readonly rows: number;
  readonly placeholder: string;
  readonly value: string;
  readonly refusal: string | undefined;
  readonly onChange: (text: string) => void;
  /** Called by Ctrl + Enter. */
  readonly onSend?: () => void;
}) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className={styles.text}
        rows={rows}
        dir="auto"
        value={value}
        placeholder={placeholder}
        aria-describedby={`${id}-refusal`}
        onChange={({ target }) => onChange(target.value)}
        onKeyDown={(event) => {
          if (onSend === undefined || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          onSend();
        }}
      />
      <p id={`${id}-refusal`} role="status" className={styles.refusal} hidden={refusal === undefined}>
        {refusal}
      </p>
    </div>
  );
}
