import { useMemo } from "react";
import { figure } from "../../parts/figures.js";
import { Panel } from "../../parts/panel.js";
import { Heads, Table } from "../../parts/table.js";
import type { Compared } from "./compared.js";
import styles from "./compare.module.css";
import { RunMark } from "./runs-legend.js";
import { seedGroups } from "./seeds.js";

/** How far runs lie apart that differ only in their seed: a difference between others that is no larger may be chance. */
export function SeedsPanel({ runs }: { readonly runs: readonly Compared[] }) {
  const groups = useMemo(() => seedGroups(runs), [runs]);
  if (groups.length === 0) return null;
  return (
    <Panel title="Runs that differ only in their seed">
      <p className={styles.note}>
        The mean over the runs ± their standard deviation. A difference between other runs that is no larger may be
        chance.
      </p>
      <Table label="Means over seeds">
        <Heads of={["Runs", "Result", "Mean ± deviation"]} />
        <tbody>
          {groups.flatMap(({ runs: group, figures }) =>
            figures.map(({ title, spread: { mean, deviation, n } }) => (
              <tr key={`${namesOf(group)} ${title}`}>
                <th scope="row">
                  <span className={styles.marks} title={namesOf(group)}>
                    {group.map(({ id, color }) => (
                      <RunMark key={id} color={color} />
                    ))}
                    {n} runs
                  </span>
                </th>
                <td>{title}</td>
                <td>
                  {figure(mean)} ± {figure(deviation)}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </Table>
    </Panel>
  );
}

const namesOf = (runs: readonly Compared[]): string => runs.map(({ id }) => id).join(", ");
