import { useQuery } from "@tanstack/react-query";
import { evaluationsQuery } from "../../../api/run.js";
import { Badge } from "../../../parts/badge.js";
import { count, figure, moment, UNKNOWN } from "../../../parts/figures.js";
import { Panel } from "../../../parts/panel.js";
import { Unread } from "../../../parts/states.js";
import { Heads, Table } from "../../../parts/table.js";
import { changesOf } from "./changes.js";
import styles from "./evaluation.module.css";
import { titleOf } from "./split-titles.js";

/** All evaluations of a run, the newest first, and which of them were worse than the one before. */
export function HistoryPanel({ runId }: { readonly runId: string }) {
  const query = useQuery(evaluationsQuery(runId));
  const { data } = query;
  return (
    <Panel title="All evaluations">
      <Unread what="the evaluations" query={query} />
      {data?.evaluations.length === 0 && <p className={styles.quiet}>There is none yet.</p>}
      {data !== undefined && data.evaluations.length > 0 && (
        <Table label="Evaluations, the newest first">
          <Heads
            of={[
              "When",
              "Text",
              { number: "Loss" },
              { number: "Since before" },
              { number: "Perplexity" },
              { number: "Bits per byte" },
              { number: "Tokens" },
            ]}
          />
          <tbody>
            {changesOf(data.evaluations)
              .map(({ evaluation, change, isWorse }, i) => (
                <tr key={i}>
                  <th scope="row">{moment(evaluation.evaluated_at)}</th>
                  <td dir="auto">{evaluation.path ?? titleOf(evaluation.split)}</td>
                  <td data-number>{figure(evaluation.loss)}</td>
                  <td data-number>
                    {isWorse ? <Badge tone="bad">{changeOf(change)}, worse</Badge> : changeOf(change)}
                  </td>
                  <td data-number>{figure(evaluation.perplexity)}</td>
                  <td data-number>{figure(evaluation.bits_per_byte)}</td>
                  <td data-number>{count(evaluation.tokens)}</td>
                </tr>
              ))
              .toReversed()}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}

const changeOf = (change: number | null): string =>
  change === null ? UNKNOWN : `${change > 0 ? "+" : ""}${(change * 100).toFixed(2)} %`;
