import { useQuery } from "@tanstack/react-query";
import { systemQuery } from "../../api/system.js";
import { Unread } from "../../parts/states.js";
import { AbilitiesPanel } from "./abilities-panel.js";
import { MachinePanel } from "./machine-panel.js";
import { RoomPanel } from "./room-panel.js";
import { ServicesPanel } from "./services-panel.js";
import { SettingsPanel } from "./settings-panel.js";
import styles from "./system.module.css";
import { WorkPanel } from "./work-panel.js";

/** The machine and the services that do the work. */
export function SystemPage() {
  const query = useQuery(systemQuery);
  const { data } = query;
  return (
    <div className={styles.page}>
      <h1>System</h1>
      <Unread what="the state of the system" query={query} />
      <div className={styles.panels}>
        <div className={styles.column}>
          <ServicesPanel />
          {data !== undefined && <WorkPanel system={data} />}
          <AbilitiesPanel />
        </div>
        {data !== undefined && (
          <div className={styles.column}>
            <MachinePanel system={data} />
            <RoomPanel stored={data.stored} />
          </div>
        )}
      </div>
      {data !== undefined && <SettingsPanel settings={data.settings} />}
    </div>
  );
}
