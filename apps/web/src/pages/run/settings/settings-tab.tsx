import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import type { RunManifest } from "../../../api/manifest.js";
import { Panel } from "../../../parts/panel.js";
import { Empty, Unread } from "../../../parts/states.js";
import { Heads, Table } from "../../../parts/table.js";
import { inWords } from "../../../parts/words.js";
import { FactsPanel } from "./facts-panel.js";
import styles from "./settings.module.css";
import { settingsOf, shown, type Setting } from "../../../parts/settings-of.js";
import { SplitsPanel } from "./splits-panel.js";

/** What a run was asked, what differs from the defaults first, and by what it can be made again. */
export function SettingsTab({ manifest }: { readonly manifest: UseQueryResult<RunManifest | null> }) {
  const { data } = manifest;
  if (data === undefined) return <Unread what="the settings" query={manifest} />;
  if (data === null)
    return (
      <Empty title="The run has not begun">
        <p>Its settings are here as soon as a worker has taken it up.</p>
      </Empty>
    );
  return (
    <div className={styles.tab}>
      <Settings config={data.config} />
      <div className={styles.side}>
        <FactsPanel manifest={data} />
        <SplitsPanel manifest={data} />
      </div>
    </div>
  );
}

function Settings({ config }: { readonly config: RunManifest["config"] }) {
  const settings = useMemo(() => settingsOf(config), [config]);
  const changed = settings.filter(({ differs }) => differs);
  const same = settings.filter(({ differs }) => !differs);
  const groups = [...new Set(same.map(({ group }) => group))].map(
    (group) => [group, same.filter((each) => each.group === group)] as const,
  );
  return (
    <div className={styles.settings}>
      <Panel title="Chosen for this run">
        {changed.length === 0 ? (
          <p>Everything is as the defaults are.</p>
        ) : (
          <Table label="Settings that differ from the defaults">
            <Heads of={["Setting", "Value", "Default"]} />
            <tbody>
              {changed.map((setting) => (
                <Row key={setting.name} setting={setting} hasPreset />
              ))}
            </tbody>
          </Table>
        )}
      </Panel>
      <Panel title="As the defaults are">
        {groups.map(([group, rows]) => (
          <details key={group} className={styles.group}>
            <summary>
              {group} <span className={styles.quiet}>{rows.length}</span>
            </summary>
            <Table label={group}>
              <tbody>
                {rows.map((setting) => (
                  <Row key={setting.name} setting={setting} />
                ))}
              </tbody>
            </Table>
          </details>
        ))}
      </Panel>
    </div>
  );
}

const Row = ({ setting, hasPreset = false }: { readonly setting: Setting; readonly hasPreset?: boolean }) => (
  <tr>
    <th scope="row">
      {inWords(setting.name)}
      {setting.help !== "" && <small className={styles.help}>{setting.help}</small>}
    </th>
    <td className={styles.value} dir="auto">
      {shown(setting.value)}
    </td>
    {hasPreset && <td className={styles.preset}>{shown(setting.preset)}</td>}
  </tr>
);
