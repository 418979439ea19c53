import type { ReactNode } from "react";
import styles from "./table.module.css";

/** A table that scrolls within itself where the page is too narrow for it. Cells with `data-number` stand at the right. */
export const Table = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  <div className={styles.region} role="region" aria-label={label} tabIndex={0}>
    <table className={styles.table}>{children}</table>
  </div>
);

type Head = string | { readonly number: string; readonly title?: string };

/** The heads of a table's columns; one of numbers stands at the right as they do, and may have a longer title. */
export const Heads = ({ of }: { readonly of: readonly Head[] }) => (
  <thead>
    <tr>
      {of.map((head) =>
        typeof head === "string" ? (
          <th key={head} scope="col">
            {head}
          </th>
        ) : (
          <th key={head.number} scope="col" data-number title={head.title}>
            {head.number}
          </th>
        ),
      )}
    </tr>
  </thead>
);
