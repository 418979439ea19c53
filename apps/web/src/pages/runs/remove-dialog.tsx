import type { ListedRun } from "@trainer/platform/browser";
import { Button } from "../../parts/button.js";
import dialog from "../../parts/dialog.module.css";
import { Modal } from "../../parts/modal.js";
import { FreedSpace } from "./freed-space.js";
import { hasEnded } from "./run-state.js";
import styles from "./runs.module.css";

/** How many runs are named; of the others their number is said. */
const NAMED = 8;

/** Says what is deleted with runs, and asks once more. */
export function RemoveDialog({
  runs,
  close,
  remove,
}: {
  readonly runs: readonly ListedRun[];
  readonly close: () => void;
  readonly remove: (runs: readonly ListedRun[]) => void;
}) {
  const ended = runs.filter(hasEnded);
  const kept = runs.length - ended.length;
  return (
    <Modal title={ended.length === 1 ? "Delete this run?" : `Delete ${ended.length} runs?`} close={close}>
      <ul className={styles.removed}>
        {ended.slice(0, NAMED).map(({ run_id }) => (
          <li key={run_id}>{run_id}</li>
        ))}
        {ended.length > NAMED && <li>and {ended.length - NAMED} more</li>}
      </ul>
      <p>
        All their files go: the trained weights, checkpoints, curves, logs, samples, tags and notes. This cannot be
        undone. Archives in the file service stay.
      </p>
      <FreedSpace runs={ended.map(({ run_id: id }) => id)} />
      {kept > 0 && (
        <p>
          {kept === 1 ? "One chosen run has" : `${kept} chosen runs have`} not ended and {kept === 1 ? "stays" : "stay"}
          : stop {kept === 1 ? "it" : "them"} first.
        </p>
      )}
      <div className={dialog.actions}>
        <Button onClick={close}>Keep</Button>
        <Button kind="danger" disabled={ended.length === 0} onClick={() => remove(ended)}>
          Delete
        </Button>
      </div>
    </Modal>
  );
}
