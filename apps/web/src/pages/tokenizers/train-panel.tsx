import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { CorpusEntry, TokenizerAccepted } from "@trainer/platform/browser";
import { useState, type SubmitEvent } from "react";
import { capabilitiesQuery } from "../../api/capabilities.js";
import { corporaQuery } from "../../api/corpora.js";
import { tokenizersQuery, trainTokenizer } from "../../api/tokenizers.js";
import { Button } from "../../parts/button.js";
import { bytes, count } from "../../parts/figures.js";
import { OptionField, type Choice } from "../../parts/option-field.js";
import { Panel } from "../../parts/panel.js";
import { Failed, sentenceOf } from "../../parts/states.js";
import styles from "./tokenizers.module.css";
import {
  mainFields,
  moreFields,
  refusalsOf,
  refusedField,
  requestOf,
  unasked,
  type Texts,
  type TrainField,
} from "./train-request.js";

/** The form that has a tokenizer trained. */
export function TrainPanel({
  onAccepted,
  onCancel,
}: {
  readonly onAccepted: (accepted: TokenizerAccepted) => void;
  readonly onCancel?: (() => void) | undefined;
}) {
  const queryClient = useQueryClient();
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const { data: corpora } = useQuery(corporaQuery);
  const { data: made } = useQuery(tokenizersQuery);
  const [texts, setTexts] = useState<Texts>({});
  const [isTried, setTried] = useState(false);
  const training = useMutation({
    mutationFn: trainTokenizer,
    onSuccess: async (accepted) => {
      await queryClient.invalidateQueries({ queryKey: tokenizersQuery.queryKey });
      onAccepted(accepted);
    },
  });

  const methods = capabilities?.tokenizer_methods ?? [];
  const choices: Readonly<Record<string, readonly Choice[] | undefined>> = {
    method: methods.map((each) => ({ value: each.name, title: each.title })),
    corpus_path: corpora?.corpora.map(choiceOf),
    base_tokenizer_id: made?.tokenizers
      .filter(({ status }) => status === "completed")
      .map(({ tokenizer_id: id }) => ({ value: id, title: id })),
  };
  const chosen = texts["method"] ?? "";
  const method = methods.find(({ name }) => name === (chosen === "" ? "bpe" : chosen));
  const isSized = method?.least_vocab_size !== null;
  const hidden = unasked(texts, { isSized, hasBase: choices["base_tokenizer_id"]?.length !== 0 });
  const shown = { ...texts, ...Object.fromEntries([...hidden].map((name) => [name, ""])) };
  const refusals = refusalsOf(shown, method?.least_vocab_size ?? null);
  const refused = refusedField(training.error);

  const refusalOf = (name: string): string | undefined => {
    if (refused === name && training.error !== null) return sentenceOf(training.error);
    return isTried || (shown[name] ?? "") !== "" ? refusals.get(name) : undefined;
  };
  const show = ({ name, title, facts }: TrainField) => (
    <OptionField
      key={name}
      name={name}
      title={title}
      facts={facts}
      choices={choices[name]}
      none={NONE[name]}
      value={texts[name] ?? ""}
      onChange={(value) => {
        setTexts({ ...texts, [name]: value });
        training.reset();
      }}
      refusal={refusalOf(name)}
    />
  );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    const [first] = refusals.keys();
    if (first === undefined) training.mutate(requestOf(shown));
    else focusField(event.currentTarget, first);
  };

  return (
    <Panel title="Train a tokenizer">
      <form className={styles.form} onSubmit={submit} noValidate>
        <div className={styles.fields}>{mainFields.filter(({ name }) => !hidden.has(name)).map(show)}</div>
        <details>
          <summary className={styles.more}>More options</summary>
          <div className={styles.fields}>{moreFields.map(show)}</div>
        </details>
        {training.error !== null && refused === null && (
          <Failed what="The tokenizer is not trained." error={training.error} />
        )}
        <div className={styles.actions}>
          {onCancel !== undefined && <Button onClick={onCancel}>Cancel</Button>}
          <Button type="submit" kind="primary" isBusy={training.isPending}>
            Train
          </Button>
        </div>
      </form>
    </Panel>
  );
}

/** What stands where nothing is chosen. */
const NONE: Readonly<Record<string, string>> = {
  corpus_path: "Choose a text",
  base_tokenizer_id: "None: a new tokenizer",
};

const choiceOf = ({ name, kind, files, bytes: size }: CorpusEntry): Choice => ({
  value: name,
  title: `${name} · ${kind === "folder" ? `${files === 1 ? "1 file" : `${count(files)} files`}, ` : ""}${bytes(size)}`,
});

/** Shows the field and goes there. */
function focusField(form: HTMLFormElement, name: string): void {
  for (const field of form.querySelectorAll<HTMLElement>(`[name="${name}"]`)) {
    field.closest("details")?.setAttribute("open", "");
    field.focus();
  }
}
