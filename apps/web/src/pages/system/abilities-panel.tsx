import { useQuery } from "@tanstack/react-query";
import type { Capabilities } from "@trainer/platform/browser";
import { capabilitiesQuery } from "../../api/capabilities.js";
import { Panel } from "../../parts/panel.js";
import { Failed, Loading } from "../../parts/states.js";
import styles from "./system.module.css";

/** What a run may name, whether this machine has it or not. */
export function AbilitiesPanel() {
  const { data, error, refetch } = useQuery(capabilitiesQuery);
  return (
    <Panel title="What can be asked for">
      {data === undefined && error === null && <Loading what="what can be asked for" />}
      {data === undefined && error !== null && <Failed what="That cannot be read." error={error} retry={refetch} />}
      {data !== undefined && (
        <dl className={styles.facts}>
          <dt>Devices</dt>
          <dd>{data.devices.map(deviceName).join(", ")}</dd>
          <dt>Models</dt>
          <dd>{data.model_families.map(({ title, sizes }) => `${title} (${sizes.join(", ")})`).join("; ")}</dd>
          <dt>Tokenizers</dt>
          <dd>{data.tokenizer_methods.map(({ title }) => title).join(", ")}</dd>
          <dt>Optimizers</dt>
          <dd>{data.optimizers.join(", ")}</dd>
          <dt>Plugins</dt>
          <dd>{listed(data.plugins ?? [])}</dd>
        </dl>
      )}
    </Panel>
  );
}

const DEVICES: Readonly<Record<string, string>> = {
  cpu: "the processor (cpu)",
  cuda: "a GPU (cuda)",
  auto: "whichever is there (auto)",
};
const deviceName = (name: string): string => DEVICES[name] ?? name;

const listed = (plugins: NonNullable<Capabilities["plugins"]>): string =>
  plugins.length === 0 ? "None" : plugins.map(({ name, version }) => `${name} ${version}`).join(", ");
