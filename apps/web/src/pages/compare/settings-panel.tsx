import { useMemo } from "react";
import { UNKNOWN } from "../../parts/figures.js";
import { Panel } from "../../parts/panel.js";
import { Table } from "../../parts/table.js";
import { inWords } from "../../parts/words.js";
import type { Compared } from "./compared.js";
import styles from "./compare.module.css";
import { RunHeads } from "./run-heads.js";
import { settingRows } from "./setting-rows.js";

/** The settings of runs, those that differ marked; the others on demand. */
export function SettingsPanel({
  runs,
  isAll,
  onAll,
}: {
  readonly runs: readonly Compared[];
  readonly isAll: boolean;
  readonly onAll: (isAll: boolean) => void;
}) {
  const rows = useMemo(() => settingRows(runs), [runs]);
  const shown = isAll ? rows : rows.filter(({ differs }) => differs);
  return (
    <Panel
      title="Settings"
      actions={
        <label className={styles.check}>
          <input type="checkbox" checked={!isAll} onChange={({ target }) => onAll(!target.checked)} />
          Differences only
        </label>
      }
    >
      {shown.length === 0 ? (
        <p>All settings are the same.</p>
      ) : (
        <Table label="Settings of the runs">
          <RunHeads first="Setting" runs={runs} />
          <tbody>
            {shown.map(({ name, help, values, differs }) => (
              <tr key={name} className={differs && isAll ? styles.differs : undefined}>
                <th scope="row" title={help}>
                  {inWords(name)}
                </th>
                {values.map((value, i) => (
                  <td key={i} dir="auto">
                    <span className={styles.value} title={value ?? undefined}>
                      {value ?? UNKNOWN}
                    </span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
