import type { SystemInfo } from "@trainer/platform/browser";
import { bytes, count } from "../../parts/figures.js";
import { Fact } from "./fact.js";
import { Panel } from "../../parts/panel.js";
import { gpusOf } from "./gpus.js";
import { Meter } from "./meter.js";
import styles from "./system.module.css";

const HOLDS = { runs: "runs", texts: "texts" } as const;

/** The machine that the service runs on: what is there, and how much of it is free. */
export function MachinePanel({ system }: { readonly system: SystemInfo }) {
  const { machine, disks } = system;
  const { memory_bytes: memory, memory_available_bytes: free, load } = machine;
  return (
    <Panel title="This machine">
      <dl className={styles.facts}>
        <Fact name="Name">{machine.host}</Fact>
        <Fact name="Processor">{machine.processor ?? "Not named by the system"}</Fact>
        <Fact name="Threads">{count(machine.threads)}</Fact>
        {load > 0 && (
          <Fact name="Load">{load.toFixed(1)} tasks that want a thread at a time, over the last minute</Fact>
        )}
        <Fact name="Instructions">{machine.instructions.join(", ") || "Not listed by the system"}</Fact>
        <Fact name="GPU">{gpusOf(system)}</Fact>
        <Fact name="Memory">
          <Meter
            label="Memory in use"
            taken={memory - free}
            of={memory}
            words={`${bytes(free)} free of ${bytes(memory)}`}
          />
        </Fact>
        {disks.map(({ path, holds, total_bytes: total, free_bytes: left }) => (
          <Fact
            key={path}
            name={disks.length === 1 ? "Disk" : `Disk of the ${holds.map((each) => HOLDS[each]).join(" and ")}`}
          >
            <Meter
              label={`Disk in use for ${path}`}
              taken={total - left}
              of={total}
              words={`${bytes(left)} free of ${bytes(total)}`}
            />
            <span className={styles.help}>{path}</span>
          </Fact>
        ))}
        <Fact name="System">{machine.system}</Fact>
        <Fact name="Versions">{system.versions.map(({ name, version }) => `${name} ${version}`).join(", ")}</Fact>
      </dl>
    </Panel>
  );
}
