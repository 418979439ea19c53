import { useState, type ReactNode } from "react";
import styles from "./new-run.module.css";

/** Settings behind their heading, until it is opened; `isForced`: what is in it must be seen. */
export function Fold({
  title,
  note = "",
  isForced = false,
  children,
}: {
  readonly title: string;
  readonly note?: string;
  readonly isForced?: boolean;
  readonly children: ReactNode;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const isShown = isOpen || isForced;
  return (
    <section className={styles.group}>
      <h3>
        <button type="button" className={styles.fold} aria-expanded={isShown} onClick={() => setIsOpen(!isOpen)}>
          {title}
          <span className={styles.note}>{note}</span>
        </button>
      </h3>
      {isShown && children}
    </section>
  );
}
