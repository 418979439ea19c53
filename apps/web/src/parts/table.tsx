import type { ReactNode } from "react";
import styles from "./table.module.css";

/** A table that scrolls within itself where the page is too narrow for it. Cells with `data-number` stand at the right. */
export const Table = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  <div className={styles.region} role="region" aria-label={label} tabIndex={0}>
    <table className={styles.table}>{children}</table>
  </div>
);
