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
        <dt>Name</dt>
        <dd dir="auto">{machine.host}</dd>
        <dt>Processor</dt>
        <dd>{machine.processor ?? "Not named by the system"}</dd>
        <dt>Threads</dt>
        <dd>{count(machine.threads)}</dd>
        {load > 0 && (
          <Fact name="Load">{load.toFixed(1)} tasks that want a thread at a time, over the last minute</Fact>
        )}
        <dt>Instructions</dt>
        <dd>{machine.instructions.join(", ") || "Not listed by the system"}</dd>
        <dt>GPU</dt>
        <dd>{gpusOf(system)}</dd>
        <dt>Memory</dt>
        <dd>
          <Meter
            label="Memory in use"
            taken={memory - free}
            of={memory}
            words={`${bytes(free)} free of ${bytes(memory)}`}
          />
        </dd>
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
        <dt>System</dt>
        <dd>{machine.system}</dd>
        <dt>Versions</dt>
        <dd>{system.versions.map(({ name, version }) => `${name} ${version}`).join(", ")}</dd>
      </dl>
    </Panel>
  );
}
