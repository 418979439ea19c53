import { useQuery } from "@tanstack/react-query";
import { toJson } from "@trainer/platform/browser";
import { useEffect, useEffectEvent, useRef, useState, type RefObject } from "react";
import { capabilitiesQuery } from "../../api/capabilities.js";
import { ApiError } from "../../api/ask.js";
import { Button } from "../../parts/button.js";
import { Panel } from "../../parts/panel.js";
import { Failed } from "../../parts/states.js";
import { AllSettings } from "./all-settings.js";
import { CorpusPanel } from "./corpus-panel.js";
import { sentAs, storeDraft, type Draft } from "./draft.js";
import type { Form } from "./form.js";
import { ModelPanel } from "./model-panel.js";
import styles from "./new-run.module.css";
import { familyOf, problemsOf, refusedField, requestOf, textsOf, type Problems } from "./request.js";
import { SameElsewhere } from "./same-elsewhere.js";
import { Summary } from "./summary.js";
import { TrainingPanel } from "./training-panel.js";
import { useStart } from "./use-start.js";

const NO_TEXT = "corpus_path";

/** The settings of a training, what they come to, and its start. */
export function NewRunForm({ begun, again }: { readonly begun: Draft; readonly again: () => void }) {
  const [draft, setDraft] = useState(begun);
  const [tries, setTries] = useState(0);
  const isTried = tries > 0;
  const element = useRef<HTMLFormElement>(null);
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const change = (changed: Partial<Draft>) => setDraft((old) => ({ ...old, ...changed }));
  const start = useStart();
  useEffect(() => storeDraft(draft), [draft]);

  const texts = textsOf(draft, capabilities);
  const request = requestOf(draft, capabilities);
  const found = problemsOf(request);
  const refused = refusalIn(start.error);
  const problems = shownProblems(found, refused, isTried);
  const edit = (changed: Partial<Draft>) => {
    if (start.isError) start.reset();
    change(changed);
  };
  const form: Form = {
    draft,
    texts,
    problems,
    capabilities,
    change: edit,
    set: (values) => {
      if (start.isError) start.reset();
      setDraft((old) => ({ ...old, values: { ...old.values, ...values } }));
    },
  };

  useLeadTo(element, problems, `${tries} ${start.failureCount}`);
  const submit = () => {
    setTries(tries + 1);
    if (found.size > 0) return;
    const sent = sentAs(draft.sent, toJson(request));
    storeDraft({ ...draft, sent }); // before it is sent: should the page end meanwhile, the key is known
    change({ sent });
    start.mutate({ request, key: sent.key });
  };
  return (
    <form
      ref={element}
      className={styles.layout}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className={styles.column}>
        <CorpusPanel form={form} />
        <ModelPanel form={form} />
        <TrainingPanel form={form} />
        <AllSettings form={form} />
      </div>
      <div className={styles.aside}>
        <Panel title="This run">
          <Summary form={form} request={found.size === 0 ? request : null} />
          {start.isError && refused === null && <Failed what="The run did not start." error={start.error} />}
          {isTried && problems.size > 0 && (
            <p className={styles.refused} role="alert">
              {problems.size === 1 ? "One setting needs" : `${problems.size} settings need`} a change before the run can
              start.
            </p>
          )}
          <div className={styles.actions}>
            <Button type="submit" kind="primary" isBusy={start.isPending}>
              Start training
            </Button>
            <Button onClick={again}>Begin anew</Button>
          </div>
        </Panel>
        <SameElsewhere request={request} family={familyOf(texts, capabilities)} />
      </div>
    </form>
  );
}

const refusalIn = (error: Error | null): readonly [string, string] | null =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 ? refusedField(error.message) : null;

/** What is wrong as it is written; what is only missing where the run was to start already. */
function shownProblems(found: Problems, refused: readonly [string, string] | null, isTried: boolean): Problems {
  const shown = new Map([...found].filter(([name]) => isTried || name !== NO_TEXT));
  if (refused !== null) shown.set(...refused);
  return shown;
}

/** Leads to the first setting that is wrong, after each try and not while it is edited. */
function useLeadTo(form: RefObject<HTMLFormElement | null>, problems: Problems, tried: string): void {
  const lead = useEffectEvent(() => {
    const [name = ""] = problems.keys();
    const input = form.current?.querySelector(`[name="${CSS.escape(name)}"], [name^="${CSS.escape(name)}."]`);
    if (input instanceof HTMLElement) input.focus();
  });
  useEffect(() => {
    if (tried !== UNTRIED) lead();
  }, [tried]);
}

const UNTRIED = "0 0";
