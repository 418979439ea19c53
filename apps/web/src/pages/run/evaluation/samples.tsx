import type { SampleRecord } from "@trainer/platform/browser";
import styles from "./evaluation.module.css";

/** Texts, each after its prompt. */
export const Samples = ({ of }: { readonly of: readonly SampleRecord[] }) => (
  <div className={styles.samples}>
    {of.map(({ prompt, output }, i) => (
      <blockquote key={i} className={styles.sample} dir="auto">
        <strong>{prompt}</strong>
        {output}
        {`${prompt}${output}`.trim() === "" && <em>nothing but space</em>}
      </blockquote>
    ))}
  </div>
);
