import type { ListedRun } from "@trainer/platform/browser";
import { useState, type ReactNode } from "react";
import { Button } from "../../parts/button.js";
import { RemoveDialog } from "./remove-dialog.js";
import { canCancel, canResume, hasEnded } from "./run-state.js";
import styles from "./runs.module.css";
import type { Action } from "./use-actions.js";

/** What can be done with the chosen runs. */
export function SelectionBar({
  runs,
  isBusy,
  onAct,
  onClear,
  children,
}: {
  readonly runs: readonly ListedRun[];
  readonly isBusy: boolean;
  readonly onAct: (action: Action, runs: readonly ListedRun[]) => void;
  readonly onClear: () => void;
  /** Ways to other pages with them. */
  readonly children?: ReactNode;
}) {
  const [isRemoving, setIsRemoving] = useState(false);
  const cancellable = runs.filter(canCancel);
  const resumable = runs.filter(canResume);
  return (
    <section className={styles.selection} aria-label="Chosen runs">
      <strong>{runs.length} chosen</strong>
      {children}
      <Button disabled={cancellable.length === 0} isBusy={isBusy} onClick={() => onAct("stop", cancellable)}>
        Stop
      </Button>
      <Button disabled={resumable.length === 0} isBusy={isBusy} onClick={() => onAct("resume", resumable)}>
        Resume
      </Button>
      <Button kind="danger" disabled={!runs.some(hasEnded)} isBusy={isBusy} onClick={() => setIsRemoving(true)}>
        Delete …
      </Button>
      <Button className={styles.clear} onClick={onClear}>
        Choose none
      </Button>
      {isRemoving && (
        <RemoveDialog
          runs={runs}
          close={() => setIsRemoving(false)}
          remove={(ended) => {
            setIsRemoving(false);
            onAct("remove", ended);
          }}
        />
      )}
    </section>
  );
}
