import { weighed } from "./estimate.js";
import { EstimateFacts } from "./estimate-facts.js";
import { Facts } from "./facts.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { CORPUS_SETTINGS, familyOf, settingOf, type Request } from "./request.js";

interface SummaryProps {
  readonly form: Form;
  /** Null where it cannot be sent as it is. */
  readonly request: Request | null;
}

/** What will run, in a few words. */
export function Summary({ form, request }: SummaryProps) {
  const { texts, capabilities } = form;
  const family = familyOf(texts, capabilities)?.title ?? settingOf(texts, "model_family");
  const steps = settingOf(texts, "max_steps");
  const passes = settingOf(texts, "num_epochs");
  const weights = settingOf(texts, "pretrained_run_id");
  return (
    <>
      <Facts
        facts={[
          ["Text", CORPUS_SETTINGS.map((name) => settingOf(texts, name)).find(Boolean) ?? "not chosen yet"],
          ["Model", `${family}, ${settingOf(texts, "model_size")}`],
          ...(weights === "" ? [] : [["Starts from", weights] as const]),
          ["Length", steps === "" ? `${passes} × through the text` : `${steps} steps`],
        ]}
      />
      {request === null ? (
        <p className={styles.note}>
          Its size, memory and time are shown here once a text is chosen and all settings are right.
        </p>
      ) : (
        <EstimateFacts request={weighed(request)} />
      )}
    </>
  );
}
