import type { Compared } from "./compared.js";
import styles from "./compare.module.css";
import { RunMark } from "./runs-legend.js";

/** Heads of a table with a column for each run. */
export const RunHeads = ({ first, runs }: { readonly first: string; readonly runs: readonly Compared[] }) => (
  <thead>
    <tr>
      <th scope="col">{first}</th>
      {runs.map(({ id, color }) => (
        <th key={id} scope="col">
          <span className={styles.runHead} title={id}>
            <RunMark color={color} />
            <span dir="auto">{id}</span>
          </span>
        </th>
      ))}
    </tr>
  </thead>
);
