import { useQuery } from "@tanstack/react-query";
import type { Capabilities } from "@trainer/platform/browser";
import { capabilitiesQuery } from "../../api/capabilities.js";
import { Panel } from "../../parts/panel.js";
import { Unread } from "../../parts/states.js";
import { Fact } from "./fact.js";
import styles from "./system.module.css";

/** What a run may name, whether this machine has it or not. */
export function AbilitiesPanel() {
  const query = useQuery(capabilitiesQuery);
  const { data } = query;
  return (
    <Panel title="What can be asked for">
      <Unread what="what can be asked for" query={query} />
      {data !== undefined && (
        <dl className={styles.facts}>
          <Fact name="Devices">{data.devices.map(deviceName).join(", ")}</Fact>
          <Fact name="Models">
            {data.model_families.map(({ title, sizes }) => `${title} (${sizes.join(", ")})`).join("; ")}
          </Fact>
          <Fact name="Tokenizers">{data.tokenizer_methods.map(({ title }) => title).join(", ")}</Fact>
          <Fact name="Optimizers">{data.optimizers.join(", ")}</Fact>
          <Fact name="Plugins">{listed(data.plugins ?? [])}</Fact>
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
