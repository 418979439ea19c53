import type { CleanupReport } from "@trainer/platform/browser";
import { Button } from "../../parts/button.js";
import { bytes, count } from "../../parts/figures.js";
import { Heads, Table } from "../../parts/table.js";
import { sentence } from "../../parts/words.js";
import { goingIn, KIND, sumOf, whatBecame, type Decision } from "./cleanup-words.js";
import styles from "./system.module.css";

/** Things that are listed; of the others their number is said. */
const LISTED = 100;

/** What a cleanup has removed, or would, and why the rest stays. */
export function CleanupReportView({
  report,
  isBusy,
  remove,
}: {
  readonly report: CleanupReport;
  readonly isBusy: boolean;
  readonly remove: () => void;
}) {
  const going = goingIn(report);
  const staying = report.decisions.filter((each) => !going.includes(each));
  return (
    <div className={styles.report}>
      <p role="status">
        <strong>{headOf(report)}</strong>
      </p>
      {report.failures.map(({ kind, message }) => (
        <p key={kind} role="alert" className={styles.failure}>
          {KIND[kind]}: {sentence(message)}
        </p>
      ))}
      {going.length > 0 && <Decisions label={report.dry_run ? "What would go" : "What was removed"} of={going} />}
      {staying.length > 0 && (
        <details>
          <summary>
            {count(staying.length)} {staying.length === 1 ? "stays" : "stay"}
          </summary>
          <Decisions label="What stays" of={staying} />
        </details>
      )}
      {report.dry_run && going.length > 0 && (
        <div className={styles.buttons}>
          <Button kind="danger" isBusy={isBusy} onClick={remove}>
            Remove {sumOf(report)}
          </Button>
        </div>
      )}
    </div>
  );
}

function headOf(report: CleanupReport): string {
  const { length } = goingIn(report);
  if (report.dry_run) return length === 0 ? "Nothing would go." : `${sumOf(report)} would go.`;
  return length === 0 ? "Nothing was removed." : `${sumOf(report)} removed.`;
}

const Decisions = ({ label, of }: { readonly label: string; readonly of: readonly Decision[] }) => (
  <>
    <Table label={label}>
      <Heads of={["Name", "Kind", { number: "Size" }, "What becomes of it"]} />
      <tbody>
        {of.slice(0, LISTED).map((each) => (
          <tr key={`${each.kind} ${each.id}`}>
            <th scope="row" className={styles.name} title={each.id}>
              {each.id}
            </th>
            <td>{KIND[each.kind]}</td>
            <td data-number="">{bytes(each.bytes)}</td>
            <td>{whatBecame(each)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
    {of.length > LISTED && <p>and {count(of.length - LISTED)} more</p>}
  </>
);
