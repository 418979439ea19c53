import { useMemo } from "react";
import { Panel } from "../../parts/panel.js";
import { Table } from "../../parts/table.js";
import type { Compared } from "./compared.js";
import styles from "./compare.module.css";
import { outcomesOf } from "./outcomes.js";
import { RunHeads } from "./run-heads.js";

/** What came of the runs, side by side, the best of each line marked. */
export function OutcomesPanel({ runs }: { readonly runs: readonly Compared[] }) {
  const outcomes = useMemo(() => outcomesOf(runs), [runs]);
  if (outcomes.length === 0) return null;
  return (
    <Panel title="Results">
      <Table label="Results of the runs">
        <RunHeads first="Result" runs={runs} />
        <tbody>
          {outcomes.map(({ title, values, show, best }) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              {values.map((value, i) => {
                const isBest = value !== null && value === best;
                return (
                  <td key={i} className={isBest ? styles.best : undefined}>
                    {show(value)}
                    {isBest && <small> best</small>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
