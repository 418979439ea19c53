import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { background } from "@trainer/platform/browser";
import { useState } from "react";
import { tokenizersQuery } from "../../api/tokenizers.js";
import { Button } from "../../parts/button.js";
import { Unread } from "../../parts/states.js";
import { Playground } from "./playground/playground.js";
import styles from "./tokenizers.module.css";
import { TokenizersTable } from "./tokenizers-table.js";
import { TrainPanel } from "./train-panel.js";
import { VocabularyPanel } from "./vocabulary/vocabulary-panel.js";

/** All tokenizers, and the training of another. */
export function TokenizersPage() {
  const { train } = useSearch({ from: "/tokenizers" });
  const navigate = useNavigate();
  const [begun, setBegun] = useState<string | null>(null);
  const query = useQuery(tokenizersQuery);
  const { data } = query;
  const showForm = (isShown: boolean) =>
    background(navigate({ to: "/tokenizers", search: isShown ? { train: true } : {} }), reportError);
  const isEmpty = data?.tokenizers.length === 0;
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>Tokenizers</h1>
        {train !== true && !isEmpty && (
          <Button kind="primary" onClick={() => showForm(true)}>
            Train a tokenizer
          </Button>
        )}
      </header>
      <p className={styles.lead}>
        A tokenizer cuts text into the tokens that a model reads and writes. A new run trains its own unless it is given
        one of these.
      </p>
      <p role="status" className={begun === null ? undefined : styles.begun}>
        {begun !== null && `${begun} is being trained. It can be used when it is ready.`}
      </p>
      {(train === true || isEmpty) && (
        <TrainPanel
          onCancel={isEmpty ? undefined : () => showForm(false)}
          onAccepted={({ tokenizer_id: id }) => {
            setBegun(id);
            showForm(false);
          }}
        />
      )}
      <Unread what="the tokenizers" query={query} />
      {data !== undefined && !isEmpty && <TokenizersTable tokenizers={data.tokenizers} />}
      {data !== undefined && <Playground tokenizers={data.tokenizers} />}
      {data !== undefined && <VocabularyPanel tokenizers={data.tokenizers} />}
    </div>
  );
}
