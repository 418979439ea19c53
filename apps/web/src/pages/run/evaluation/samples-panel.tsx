import { useQuery } from "@tanstack/react-query";
import type { SampleRecord } from "@trainer/platform/browser";
import { samplesQuery } from "../../../api/run.js";
import { Panel } from "../../../parts/panel.js";
import { Unread } from "../../../parts/states.js";
import { Course } from "./course.js";
import styles from "./evaluation.module.css";
import { Samples } from "./samples.js";

/** What the model wrote after fixed prompts: as it was trained, and when it was evaluated last. */
export function SamplesPanel({ runId, live }: { readonly runId: string; readonly live: boolean }) {
  const query = useQuery(samplesQuery(runId, live));
  const { data } = query;
  return (
    <Panel title="Samples">
      <Unread what="the samples" query={query} />
      {data !== undefined && (
        <>
          {data.course.length === 0 ? <HowTo samples={data.samples} /> : <Course course={data.course} />}
          {data.course.length > 0 && data.samples.length > 0 && <h3>At the latest evaluation</h3>}
          <Samples of={data.samples} />
        </>
      )}
    </Panel>
  );
}

function HowTo({ samples }: { readonly samples: readonly SampleRecord[] }) {
  const none = "There is none yet: the model writes some when it is evaluated at the end. ";
  return (
    <p className={styles.quiet}>
      {samples.length === 0 && none}
      To see how a model’s texts change as it learns, ask for samples every n steps when you start a run.
    </p>
  );
}
