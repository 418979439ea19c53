import type { CleanupReport } from "@trainer/platform/browser";
import { Button } from "../../parts/button.js";
import dialog from "../../parts/dialog.module.css";
import { Modal } from "../../parts/modal.js";
import { goingIn, sumOf } from "./cleanup-words.js";

/** Asks once more before anything is removed. */
export function RemoveDialog({
  report,
  close,
  remove,
}: {
  readonly report: CleanupReport;
  readonly close: () => void;
  readonly remove: () => void;
}) {
  const tokenizers = goingIn(report).filter(({ kind }) => kind === "tokenizers").length;
  return (
    <Modal title={`Remove ${sumOf(report)}?`} close={close}>
      <p>
        Prepared and fetched texts are made or fetched again when a run needs them, which takes time.
        {tokenizers > 0 && " Tokenizers that go are gone for good."}
      </p>
      <p>What has been taken into use since you looked stays, and what has become useless since goes too.</p>
      <div className={dialog.actions}>
        <Button onClick={close}>Keep</Button>
        <Button kind="danger" onClick={remove}>
          Remove
        </Button>
      </div>
    </Modal>
  );
}
