import { AbilitiesPanel } from "./abilities-panel.js";
import { ServicesPanel } from "./services-panel.js";
import styles from "./system.module.css";

/** The machine and the services that do the work. */
export function SystemPage() {
  return (
    <div className={styles.page}>
      <h1>System</h1>
      <div className={styles.panels}>
        <ServicesPanel />
        <AbilitiesPanel />
      </div>
    </div>
  );
}
