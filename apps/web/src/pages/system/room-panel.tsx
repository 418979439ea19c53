import type { SystemInfo } from "@trainer/platform/browser";
import { bytes, count } from "../../parts/figures.js";
import { Panel } from "../../parts/panel.js";
import { Heads, Table } from "../../parts/table.js";
import { CleanupForm } from "./cleanup-form.js";
import styles from "./system.module.css";

type Kind = NonNullable<SystemInfo["stored"]>[number]["kind"];

const KINDS: Readonly<Record<Kind, readonly [name: string, help: string]>> = {
  runs: ["Runs", "Models with their checkpoints, curves and logs"],
  tokenizers: ["Tokenizers", "The vocabularies of models"],
  bins: ["Prepared texts", "Texts cut into tokens, as a training reads them"],
  corpus_cache: ["Fetched texts", "Copies of texts of the file service"],
  texts: ["Your texts", "What runs can be trained on"],
};

/** What takes the room, and how to make some. */
export const RoomPanel = ({ stored }: { readonly stored: SystemInfo["stored"] }) => (
  <Panel title="Disk space">
    {stored === null ? (
      <p role="status">Measuring what is kept …</p>
    ) : (
      <Table label="What takes the room">
        <Heads of={["Kept", { number: "Size" }, { number: "Files" }]} />
        <tbody>
          {stored.map(({ kind, bytes: size, files }) => (
            <tr key={kind}>
              <th scope="row" className={styles.kept}>
                {KINDS[kind][0]}
                <span className={styles.help}>{KINDS[kind][1]}</span>
              </th>
              <td data-number="">{bytes(size)}</td>
              <td data-number="">{count(files)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    )}
    <h3>Clean up</h3>
    <p className={styles.help}>
      What is in use, or what a run that waits needs, always stays. Runs are deleted on the page of runs.
    </p>
    <CleanupForm />
  </Panel>
);
