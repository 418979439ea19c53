import { optionFacts, ResumeOptions } from "@trainer/options";
import { useState } from "react";
import { Button } from "../../../parts/button.js";
import dialog from "../../../parts/dialog.module.css";
import { Modal } from "../../../parts/modal.js";
import { OptionField } from "../../../parts/option-field.js";

const FACTS = optionFacts(ResumeOptions.shape.maxSteps);

/** Asks to which step a run that is completed is to be trained on. */
export function TrainOnDialog({
  steps,
  close,
  trainOn,
}: {
  /** Those that it has done. */
  readonly steps: number;
  readonly close: () => void;
  readonly trainOn: (maxSteps: number) => void;
}) {
  const [text, setText] = useState(String(2 * steps));
  const wanted = /^\d+$/.test(text) ? Number(text) : 0;
  const refusal = wanted > steps ? undefined : `must be more than ${steps}, which it has done`;
  return (
    <Modal title="Train this run further?" close={close}>
      <p>
        It goes on in place, from where it ended. Its curves are continued, and a learning rate that has fallen is
        stretched to the new end.
      </p>
      <OptionField
        name="max_steps"
        title="Steps in all"
        facts={FACTS}
        value={text}
        onChange={setText}
        refusal={refusal}
      />
      <div className={dialog.actions}>
        <Button onClick={close}>Leave it</Button>
        <Button kind="primary" disabled={refusal !== undefined} onClick={() => trainOn(wanted)}>
          Go on
        </Button>
      </div>
    </Modal>
  );
}
