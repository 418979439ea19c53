import { useQuery } from "@tanstack/react-query";
import { samplesQuery } from "../../../api/run.js";
import { Panel } from "../../../parts/panel.js";
import { Unread } from "../../../parts/states.js";
import styles from "./evaluation.module.css";

/** What the model wrote after fixed prompts when it was evaluated last. */
export function SamplesPanel({ runId }: { readonly runId: string }) {
  const query = useQuery(samplesQuery(runId));
  const { data } = query;
  return (
    <Panel title="Samples">
      <Unread what="the samples" query={query} />
      {data?.samples.length === 0 && (
        <p className={styles.quiet}>There is none yet: the model writes some when it is evaluated at the end.</p>
      )}
      <div className={styles.samples}>
        {data?.samples.map(({ prompt, output }, i) => (
          <blockquote key={i} className={styles.sample} dir="auto">
            <strong>{prompt}</strong>
            {output}
          </blockquote>
        ))}
      </div>
    </Panel>
  );
}
