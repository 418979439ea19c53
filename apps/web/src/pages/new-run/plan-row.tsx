import { useMutation } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { Button } from "../../parts/button.js";
import { Failed } from "../../parts/states.js";
import type { Form } from "./form.js";
import styles from "./new-run.module.css";
import { askForPlan, plannedIn } from "./plan.js";
import { CORPUS_SETTINGS, isGiven, planRequestOf } from "./request.js";

const MINUTES = "10";

/** Has the settings planned that nobody has written, for the time that one has. */
export function PlanRow({ form: { draft, texts, change } }: { readonly form: Form }) {
  const id = useId();
  const [minutes, setMinutes] = useState(MINUTES);
  const left = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    left.current = controller;
    return () => controller.abort(); // nothing is measured for nobody
  }, []);
  const plan = useMutation({
    mutationFn: (seconds: number) => askForPlan(planRequestOf(draft, seconds), left.current.signal),
    onSuccess: (made) => change({ plan: plannedIn(made) }),
  });
  const seconds = 60 * Number(minutes);
  const hasText = CORPUS_SETTINGS.some((name) => isGiven(texts, name));
  return (
    <div className={styles.plan}>
      <label className={styles.label} htmlFor={id}>
        Minutes to train
        <input
          id={id}
          className={styles.input}
          inputMode="decimal"
          value={minutes}
          autoComplete="off"
          onChange={({ target }) => setMinutes(target.value)}
        />
      </label>
      <Button disabled={!hasText || !(seconds >= 1)} isBusy={plan.isPending} onClick={() => plan.mutate(seconds)}>
        Plan
      </Button>
      <p className={styles.help} role="status">
        {plan.isPending
          ? "Steps of a few models are measured …"
          : "Plans what you have not set yourself, for the best model after that time."}
      </p>
      {plan.isError && <Failed what="There is no plan." error={plan.error} />}
    </div>
  );
}
