import type { TokenizerInfo } from "@trainer/platform/browser";
import { useId, useState } from "react";
import { Button } from "../../../parts/button.js";
import field from "../../../parts/option-field.module.css";
import { Panel } from "../../../parts/panel.js";
import { useSettled } from "../../../parts/use-settled.js";
import { FoundTokens } from "./found-tokens.js";
import styles from "./vocabulary.module.css";

/** How long nothing is written before it is searched for. */
const PAUSE_MS = 300;

/** Shows all tokens that a tokenizer knows. */
export function VocabularyPanel({ tokenizers }: { readonly tokenizers: readonly TokenizerInfo[] }) {
  const [isOpen, setOpen] = useState(false);
  const ready = tokenizers.flatMap(({ status, tokenizer_id: id }) => (status === "completed" ? [id] : []));
  const [newest] = ready;
  if (newest === undefined) return null;
  return (
    <Panel
      title="Look through the tokens"
      actions={
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Close" : "Show tokens"}
        </Button>
      }
    >
      <p className={styles.quiet}>
        All tokens that a tokenizer knows: how long they are, the longest, and any by search.
      </p>
      {isOpen && <Tokens ids={ready} newest={newest} />}
    </Panel>
  );
}

function Tokens({ ids, newest }: { readonly ids: readonly string[]; readonly newest: string }) {
  const id = useId();
  const [chosen, choose] = useState(newest);
  const [text, setText] = useState("");
  const q = useSettled(text, PAUSE_MS);
  return (
    <div className={styles.all}>
      <div className={styles.choice}>
        <div className={field.field}>
          <label className={field.label} htmlFor={`${id}-of`}>
            Tokens of
          </label>
          <select
            id={`${id}-of`}
            className={field.input}
            value={chosen}
            onChange={(event) => choose(event.target.value)}
          >
            {ids.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </div>
        <div className={field.field}>
          <label className={field.label} htmlFor={`${id}-q`}>
            Search
          </label>
          <input
            id={`${id}-q`}
            type="search"
            className={field.input}
            placeholder="A part of a token, or an id"
            maxLength={200}
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
      </div>
      <FoundTokens key={chosen} id={chosen} q={q} />
    </div>
  );
}
