import { Dialog } from "radix-ui";
import { Button } from "../../../parts/button.js";
import dialog from "../../../parts/dialog.module.css";

/** Asks before a run is deleted, and says what goes and what stays. */
export const DeleteDialog = ({
  runId,
  isBusy,
  remove,
}: {
  readonly runId: string;
  readonly isBusy: boolean;
  readonly remove: () => void;
}) => (
  <Dialog.Root>
    <Dialog.Trigger asChild>
      <Button kind="danger" isBusy={isBusy}>
        Delete
      </Button>
    </Dialog.Trigger>
    <Dialog.Portal>
      <Dialog.Overlay className={dialog.overlay} />
      <Dialog.Content className={dialog.content}>
        <Dialog.Title>Delete this run?</Dialog.Title>
        <Dialog.Description>
          Its model, checkpoints, curves, log and evaluations are removed from this machine, and cannot be had back. The
          text and the tokenizer stay.
        </Dialog.Description>
        <p dir="auto" style={{ overflowWrap: "anywhere" }}>
          <strong>{runId}</strong>
        </p>
        <div className={dialog.actions}>
          <Dialog.Close asChild>
            <Button>Keep it</Button>
          </Dialog.Close>
          <Dialog.Close asChild>
            <Button kind="danger" onClick={remove}>
              Delete
            </Button>
          </Dialog.Close>
        </div>
      </Dialog.Content>
    </Dialog.Portal>
  </Dialog.Root>
);
