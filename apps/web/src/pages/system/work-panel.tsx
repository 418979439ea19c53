import type { SystemInfo } from "@trainer/platform/browser";
import { count } from "../../parts/figures.js";
import { Panel } from "../../parts/panel.js";
import { Heads, Table } from "../../parts/table.js";
import { useNow } from "../../parts/use-now.js";
import { JobLine } from "./job-line.js";
import styles from "./system.module.css";
import { WorkerItem } from "./worker-item.js";

const QUEUES: Readonly<Record<string, string>> = {
  trainer: "Runs and tokenizers",
  "trainer-inference": "Questions to models",
};
const EVERY_MS = 5000;

/** What waits, and who does it. */
export function WorkPanel({ system }: { readonly system: SystemInfo }) {
  const { queues, workers, jobs } = system;
  const now = useNow(EVERY_MS);
  if (queues === null || workers === null || jobs === null) {
    return (
      <Panel title="Work">
        <p>Not known while the queue does not answer.</p>
      </Panel>
    );
  }
  const names = new Set(workers.filter(({ alive }) => alive).map(({ name }) => name));
  const left = jobs.filter(({ worker }) => worker === null || !names.has(worker));
  return (
    <Panel title="Work">
      <Table label="Queues">
        <Heads
          of={[
            "Queue",
            { number: "Waiting" },
            { number: "Under way" },
            { number: "Tried again later" },
            { number: "Done", title: "Of which the results are still kept" },
            { number: "Failed", title: "Of which the reasons are still kept" },
          ]}
        />
        <tbody>
          {queues.map(({ name, waiting, active, delayed, completed, failed }) => (
            <tr key={name}>
              <th scope="row">{QUEUES[name] ?? name}</th>
              <td data-number="">{count(waiting)}</td>
              <td data-number="">{count(active)}</td>
              <td data-number="">{count(delayed)}</td>
              <td data-number="">{count(completed)}</td>
              <td data-number="">{count(failed)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <h3>Workers</h3>
      {workers.length === 0 && <p>None runs: what is queued waits until one is started.</p>}
      <ul className={styles.services}>
        {workers.map((worker) => (
          <WorkerItem
            key={worker.name}
            worker={worker}
            jobs={jobs.filter((job) => worker.alive && job.worker === worker.name)}
            now={now}
          />
        ))}
      </ul>
      {left.length > 0 && (
        <>
          <h3>Without a worker</h3>
          <ul className={styles.jobs}>
            {left.map((job) => (
              <JobLine key={`${job.queue} ${job.kind} ${job.subject} ${job.since}`} job={job} now={now} />
            ))}
          </ul>
          <p className={styles.help}>Their worker is gone, or does not say its name. Another one goes on with them.</p>
        </>
      )}
    </Panel>
  );
}
