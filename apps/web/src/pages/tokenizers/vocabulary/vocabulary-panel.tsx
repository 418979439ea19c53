import type { TokenizerInfo } from "@trainer/platform/browser";
import { useId, useState } from "react";
import field from "../../../parts/option-field.module.css";
import { useSettled } from "../../../parts/use-settled.js";
import { ReadyPanel } from "../ready-panel.js";
import { TokenizerSelect } from "../tokenizer-select.js";
import { FoundTokens } from "./found-tokens.js";
import styles from "./vocabulary.module.css";

/** How long nothing is written before it is searched for. */
const PAUSE_MS = 300;

/** Shows all tokens that a tokenizer knows. */
export const VocabularyPanel = ({ tokenizers }: { readonly tokenizers: readonly TokenizerInfo[] }) => (
  <ReadyPanel
    tokenizers={tokenizers}
    title="Look through the tokens"
    open="Show tokens"
    about="All tokens that a tokenizer knows: how long they are, the longest, and any by search."
  >
    {(ids, newest) => <Tokens ids={ids} newest={newest} />}
  </ReadyPanel>
);

function Tokens({ ids, newest }: { readonly ids: readonly string[]; readonly newest: string }) {
  const id = useId();
  const [chosen, choose] = useState(newest);
  const [text, setText] = useState("");
  const q = useSettled(text, PAUSE_MS);
  return (
    <div className={styles.all}>
      <div className={styles.choice}>
        <TokenizerSelect label="Tokens of" ids={ids} chosen={chosen} choose={choose} />
        <div className={field.field}>
          <label className={field.label} htmlFor={id}>
            Search
          </label>
          <input
            id={id}
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
