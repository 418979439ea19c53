import { Link } from "@tanstack/react-router";
import { trainsOn } from "./draft.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { settingOf } from "./request.js";

/** Where the weights come from of a run that does not begin with new ones. */
export function StartsFrom({ form: { draft, texts } }: { readonly form: Form }) {
  const run = settingOf(texts, "pretrained_run_id");
  if (run === "") return null;
  if (!trainsOn(draft))
    return (
      <p className={styles.help}>
        It starts from the weights of <b dir="auto">{run}</b>, and has the architecture, size and context length of
        these.
      </p>
    );
  return (
    <>
      <p>
        A new run that begins with the weights of{" "}
        <Link to="/runs/$runId" params={{ runId: run }} dir="auto">
          {run}
        </Link>{" "}
        and has its architecture, size and context length; the learning rate’s schedule and the optimizer’s state begin
        anew, and the old run stays as it is.
      </p>
      <p className={styles.help}>
        What that run held out for validation and test is held out here too, as long as the text, how it is read, the
        seed and both shares stay the same.
      </p>
    </>
  );
}
