import type { ListedRun, RunSort } from "@trainer/platform/browser";
import type { Column } from "./columns.js";
import { RunName } from "./run-name.js";
import styles from "./runs.module.css";

export interface RunsTableProps {
  readonly runs: readonly ListedRun[];
  readonly columns: readonly Column[];
  readonly now: number;
  readonly sort: RunSort;
  readonly order: "asc" | "desc";
  readonly onSort: (sort: RunSort) => void;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (runs: readonly ListedRun[], isChosen: boolean) => void;
  readonly onTag: (tag: string) => void;
  readonly isStale: boolean;
}

/** Runs, a row each; on a narrow screen a card each, for which the roles are said again. */
export function RunsTable({ runs, columns, chosen, onChoose, onTag, now, isStale, ...sorting }: RunsTableProps) {
  const isAll = runs.every(({ run_id }) => chosen.has(run_id));
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by the keyboard
    <div className={styles.region} role="region" aria-label="Runs" tabIndex={0} aria-busy={isStale}>
      <table className={styles.table} role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col" className={styles.choice}>
              <label className={styles.check}>
                <input
                  type="checkbox"
                  aria-label="Choose all runs of this page"
                  checked={isAll}
                  onChange={() => onChoose(runs, !isAll)}
                />
              </label>
            </th>
            <Head title="Run" sort="run_id" {...{ sorting }} />
            {columns.map(({ id, title, sort, isNumber }) => (
              <Head key={id} {...{ title, sort, isNumber, sorting }} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {runs.map((run) => (
            <tr key={run.run_id} role="row" data-chosen={chosen.has(run.run_id)}>
              <td role="cell" className={styles.choice}>
                <label className={styles.check}>
                  <input
                    type="checkbox"
                    aria-label={`Choose ${run.run_id}`}
                    checked={chosen.has(run.run_id)}
                    onChange={({ target }) => onChoose([run], target.checked)}
                  />
                </label>
              </td>
              <th role="rowheader" scope="row">
                <RunName run={run} onTag={onTag} />
              </th>
              {columns.map(({ id, title, isNumber, cell }) => (
                <td key={id} role="cell" data-title={title} data-number={isNumber}>
                  {cell(run, now)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps extends Pick<Column, "title"> {
  readonly sort: RunSort | undefined;
  readonly isNumber?: boolean | undefined;
  readonly sorting: Pick<RunsTableProps, "sort" | "order" | "onSort">;
}

/** Head of a column; pressing it sorts by the column, or turns the order round. */
function Head({ title, sort, isNumber, sorting }: HeadProps) {
  if (sort === undefined)
    return (
      <th role="columnheader" scope="col">
        {title}
      </th>
    );
  const isSorted = sorting.sort === sort;
  const direction = sorting.order === "asc" ? "ascending" : "descending";
  return (
    <th role="columnheader" scope="col" aria-sort={isSorted ? direction : "none"} data-number={isNumber}>
      <button type="button" className={styles.head} onClick={() => sorting.onSort(sort)}>
        {title}
        <span aria-hidden="true">{isSorted ? (sorting.order === "asc" ? "▲" : "▼") : ""}</span>
      </button>
    </th>
  );
}
