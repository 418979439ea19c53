import { EncodeRequest, type TokenizerInfo } from "@trainer/platform/browser";
import { useId, useState } from "react";
import { Button } from "../../../parts/button.js";
import field from "../../../parts/option-field.module.css";
import { Panel } from "../../../parts/panel.js";
import { useSettled } from "../../../parts/use-settled.js";
import { sentence } from "../../../parts/words.js";
import styles from "./playground.module.css";
import { Tokenized } from "./tokenized.js";

/** How long nothing is written before the text is cut. */
const PAUSE_MS = 400;

/** Shows how tokenizers cut a text of the reader's, one or two side by side. */
export function Playground({ tokenizers }: { readonly tokenizers: readonly TokenizerInfo[] }) {
  const [isOpen, setOpen] = useState(false);
  const ready = tokenizers.flatMap(({ status, tokenizer_id: id }) => (status === "completed" ? [id] : []));
  const [newest] = ready;
  if (newest === undefined) return null;
  return (
    <Panel
      title="Try on a text"
      actions={
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Close" : "Write a text"}
        </Button>
      }
    >
      <p className={styles.quiet}>See the tokens that a text becomes, and where two tokenizers differ.</p>
      {isOpen && <Trial ids={ready} newest={newest} />}
    </Panel>
  );
}

function Trial({ ids, newest }: { readonly ids: readonly string[]; readonly newest: string }) {
  const id = useId();
  const [text, setText] = useState("");
  const [first, setFirst] = useState(newest);
  const [second, setSecond] = useState("");
  const settled = useSettled(text, PAUSE_MS);
  const { error } = EncodeRequest.safeParse({ text: settled });
  const refusal = error?.issues[0]?.message;
  const sides = [
    { label: "Tokenizer", chosen: first, choose: setFirst, options: ids },
    { label: "Beside it", chosen: second, choose: setSecond, options: ["", ...ids] },
  ];
  return (
    <div className={styles.trial}>
      <div className={field.field}>
        <label className={field.label} htmlFor={`${id}-text`}>
          Text to cut into tokens
        </label>
        <textarea
          id={`${id}-text`}
          className={field.input}
          rows={4}
          dir="auto"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-invalid={refusal !== undefined}
          aria-describedby={`${id}-refusal`}
        />
        <p id={`${id}-refusal`} role="status" className={field.refusal}>
          {refusal !== undefined && sentence(refusal)}
        </p>
      </div>
      <div className={styles.sides}>
        {sides.map(({ label, chosen, choose, options }, i) => (
          <div key={label} className={styles.side}>
            <div className={field.field}>
              <label className={field.label} htmlFor={`${id}-${i}`}>
                {label}
              </label>
              <select
                id={`${id}-${i}`}
                className={field.input}
                value={chosen}
                onChange={(event) => choose(event.target.value)}
              >
                {options.map((each) => (
                  <option key={each} value={each}>
                    {each === "" ? "None" : each}
                  </option>
                ))}
              </select>
            </div>
            {chosen !== "" && refusal === undefined && <Tokenized key={chosen} id={chosen} text={settled} />}
          </div>
        ))}
      </div>
    </div>
  );
}
