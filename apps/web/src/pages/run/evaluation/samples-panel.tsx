import { useQuery } from "@tanstack/react-query";
import { samplesQuery } from "../../../api/run.js";
import { Panel } from "../../../parts/panel.js";
import { Failed, Loading } from "../../../parts/states.js";
import styles from "./evaluation.module.css";

/** What the model wrote after fixed prompts when it was evaluated last. */
export function SamplesPanel({ runId }: { readonly runId: string }) {
  const { data, error, refetch } = useQuery(samplesQuery(runId));
  return (
    <Panel title="Samples">
      {data === undefined && error === null && <Loading what="the samples" />}
      {data === undefined && error !== null && (
        <Failed what="The samples cannot be read." error={error} retry={refetch} />
      )}
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
