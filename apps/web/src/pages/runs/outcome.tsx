import styles from "./runs.module.css";
import type { useActions } from "./use-actions.js";

/** What came of the last action, for the reader and by voice. */
export const Outcome = ({ actions }: { readonly actions: Pick<ReturnType<typeof useActions>, "data"> }) => (
  <div role="status" className={actions.data === undefined ? "visually-hidden" : styles.outcome}>
    {actions.data?.done}
    {actions.data !== undefined && actions.data.refused.length > 0 && (
      <ul className={styles.refused}>
        {actions.data.refused.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    )}
  </div>
);
